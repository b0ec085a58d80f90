/** The account and region of a resource, which may have to be those of the stack. */
import { IResource, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export type Place = 'account' | 'region';

/** By what a resource is elsewhere than a stack, where both are known. */
export function elsewhere(scope: IConstruct, { env }: IResource, places: readonly Place[] = ['account', 'region']): { place: Place; own: string; other: string } | undefined {
  const stack = Stack.of(scope);
  return places.map(place => ({ place, own: stack[place], other: env[place] }))
    .find(({ own, other }) => own !== other && !Token.isUnresolved(own) && !Token.isUnresolved(other));
}
