/** The 4 KB that Lambda has for the environment of a function, checked when the app is synthesized and everything is in it. */
import { Stack } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { problem } from '../errors';

/** Source: "Lambda quotas" in the AWS Lambda Developer Guide. What Lambda measures is the JSON text of the variables, as its error message shows. */
const MAX_BYTES = 4096;

/** Refuses an environment that is too large by what is known of it. */
export function limitEnvironment(fn: lambda.Function): void {
  fn.node.addValidation({
    validate: () => {
      const { environment } = fn.node.defaultChild as lambda.CfnFunction;
      const { variables = {} } = (Stack.of(fn).resolve(environment) ?? {}) as { variables?: { [name: string]: unknown } };
      const sizes = Object.entries(variables).map(([name, value]) => ({ name, bytes: leastBytes(name) + leastBytes(value) + '"":"",'.length }));
      const total = sizes.reduce((sum, { bytes }) => sum + bytes, 1);
      if (total <= MAX_BYTES) { return []; }
      const largest = sizes.sort((a, b) => b.bytes - a.bytes).slice(0, 3).map(({ name, bytes }) => `${name} ${bytes}`).join(', ');
      return [problem(undefined, 'ENVIRONMENT_TOO_LARGE', {
        property: 'environment', given: `at least ${total} bytes (the largest: ${largest})`, accepted: `at most ${MAX_BYTES} bytes, names and secrets' references included`,
      }).message];
    },
  });
}

/** How long a value is at least, as JSON without its quotes. What only the deployment knows counts as nothing. */
function leastBytes(value: unknown): number {
  if (typeof value === 'string') { return Buffer.byteLength(JSON.stringify(value)) - 2; }
  const join = (value as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join'];
  return Array.isArray(join?.[1]) ? join[1].reduce<number>((sum, part) => sum + leastBytes(part), 0) : 0;
}
