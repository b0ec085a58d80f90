/** What triggers say of something that they share: the first who says a thing decides, and whoever says another is refused. */
import { Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { ErrorCode, problem } from './errors';

const agreements = new WeakMap<IConstruct, Map<string, { text: string; owner: string }>>();

/** Notes what a trigger says of a shared resource, and refuses what contradicts it; true for the first who says it. */
export function agree(scope: Construct, code: ErrorCode, shared: IConstruct, property: string, value: unknown): boolean {
  const known = agreements.get(shared) ?? new Map<string, { text: string; owner: string }>();
  agreements.set(shared, known);
  const resolved = Stack.of(scope).resolve(value);
  const text = typeof resolved === 'string' ? resolved : JSON.stringify(resolved);
  const other = known.get(property);
  if (other && other.text !== text) {
    throw problem(scope, code, { property, given: text, accepted: `${other.text}, as ${other.owner} says of ${shared.node.path}` });
  }
  if (!other) { known.set(property, { text, owner: scope.node.path }); }
  return !other;
}

/** Refuses what only whoever makes a shared resource can say of it, where an existing one is given. */
export function refuseForGiven<T extends object>(
  scope: IConstruct, code: ErrorCode, existing: string, options: T, properties: readonly (keyof T & string)[],
): void {
  const property = properties.find(name => options[name] !== undefined);
  if (property) { throw problem(scope, code, { property, given: 'a value', accepted: `not given together with ${existing}` }); }
}
