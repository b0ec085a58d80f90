/** Roles that a service may not be given. */
import { Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { problem } from './errors';

/** Refuses a role of another account, which AWS lets neither functions nor tasks have. */
export function checkRoleAccount(scope: IConstruct, { principalAccount: given }: iam.IRole): void {
  const own = Stack.of(scope).account;
  if (given !== undefined && given !== own && !Token.isUnresolved(given) && !Token.isUnresolved(own)) {
    throw problem(scope, 'ACCOUNT_CONFLICT', { property: 'role', given: `a role of the account ${given}`, accepted: `a role of the account of the stack, ${own}` });
  }
}
