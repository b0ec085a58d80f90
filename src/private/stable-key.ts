/** Short names for what triggers share, the same in each synth and in each stage. */
import { createHash } from 'node:crypto';
import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * A part of construct ids that stands for a resource: by its id in AWS where that is known, so that an import may be renamed,
 * or else by its place in its stack, so that the stack may move into a stage.
 *
 * @param scope where the construct id is
 * @param resource the resource
 * @param physicalId its id or ARN, perhaps a token
 */
export function stableKey(scope: IConstruct, resource: IConstruct, physicalId: string): string {
  const stack = Stack.of(resource);
  const place = resource.node.path.slice(stack.node.path.length + 1);
  const { stackName } = stack;
  const elsewhere = stack === Stack.of(scope) ? '' : Token.isUnresolved(stackName) ? stack.node.id : stackName;
  return hash(Token.isUnresolved(physicalId) ? `${elsewhere}/${place}` : physicalId);
}

/** A part of construct ids that stands for a value that is known at deployment only. */
export function tokenKey(scope: IConstruct, token: unknown): string {
  return hash(JSON.stringify(Stack.of(scope).resolve(token)));
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 8);
