/** Checks the environment of a handler against its schema, as far as its values are known at synth. */
import { Annotations, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { EnvironmentKind, EnvironmentRule } from '../../model/environment-rule';
import { problem } from '../errors';

type Environment = { [name: string]: string };
type Schema = { [name: string]: EnvironmentRule };

/** The environment with its defaults, and the rules that only the start of the handler can check. */
export interface CheckedEnvironment {
  readonly environment: Environment;
  readonly environmentSchema?: Schema;
}

/** Tells that nobody checks these rules when the handler starts. */
export function warnUnchecked(scope: IConstruct, schema: Schema, why: string): void {
  Annotations.of(scope).addWarningV2('cdk-hybrid:HybridFunction.schemaAtStart',
    `environmentSchema: what the deployment gives ${Object.keys(schema).join(', ')} is not checked when the function starts, because of ${why}.`);
}

const IS_KIND: { [kind in EnvironmentKind]: (value: string) => boolean } = {
  [EnvironmentKind.STRING]: () => true,
  [EnvironmentKind.NUMBER]: value => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value),
  [EnvironmentKind.INTEGER]: value => /^[+-]?\d+$/.test(value),
  [EnvironmentKind.BOOLEAN]: value => value === 'true' || value === 'false',
  [EnvironmentKind.JSON]: value => { try { JSON.parse(value); return true; } catch { return false; } },
  [EnvironmentKind.URL]: value => URL.canParse(value),
};

/** Applies the schema; without one everything is let through. */
export function applySchema(scope: IConstruct, schema: Schema | undefined, given: Environment, secretNames: string[]): CheckedEnvironment {
  if (!schema) { return { environment: given }; }
  const names = Object.keys(schema).join(', ');
  for (const name of [...Object.keys(given), ...secretNames]) {
    if (!Object.hasOwn(schema, name)) {
      throw problem(scope, 'ENVIRONMENT_SCHEMA', { property: 'environment', given: name, accepted: `names that environmentSchema has (${names})` });
    }
  }
  const environment = { ...given };
  const atStart: Schema = {};
  for (const [name, rule] of Object.entries(schema)) {
    const { required = true, defaultValue, kind = EnvironmentKind.STRING, description } = rule;
    const explicit: EnvironmentRule = { required, kind, description };
    if (secretNames.includes(name)) { atStart[name] = explicit; continue; }
    const value = environment[name] ?? defaultValue;
    if (value === undefined) {
      if (required) {
        throw problem(scope, 'ENVIRONMENT_SCHEMA', { property: `environment.${name}`, given: undefined, accepted: `given${description ? ` (${description})` : ''}` });
      }
      continue;
    }
    environment[name] = value;
    if (Token.isUnresolved(value)) { atStart[name] = explicit; continue; }
    if (!IS_KIND[kind](value)) {
      throw problem(scope, 'ENVIRONMENT_SCHEMA', { property: `environment.${name}`, given: value, accepted: `of the kind '${kind}'${description ? ` (${description})` : ''}` });
    }
  }
  return { environment, environmentSchema: Object.keys(atStart).length > 0 ? atStart : undefined };
}
