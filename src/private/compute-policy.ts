/**
 * What a compute itself must be able to do, beside what its handler is granted. It stands in a policy of the compute, not in that of the role: CloudFormation removes it
 * after the compute, so that one whose place another takes can do its work until it is gone.
 */
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

const ID = 'Policy';

/** Who is granted what the compute needs. The policy is made with the first statement. */
export class ComputePrincipal implements iam.IPrincipal {
  public readonly grantPrincipal: iam.IPrincipal = this;

  /** @param scope the compute's own scope; @param role the role that gets the policy */
  constructor(private readonly scope: Construct, private readonly role: iam.IRole) {}

  public get assumeRoleAction() { return this.role.assumeRoleAction; }
  public get policyFragment() { return this.role.policyFragment; }
  public get principalAccount() { return this.role.principalAccount; }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    const policy = policyOf(this.scope) ?? new iam.Policy(this.scope, ID, { roles: [this.role] });
    policy.addStatements(statement);
    return { statementAdded: true, policyDependable: policy };
  }
}

/** Lets what needs the policy be made after it, and removed before it. */
export function makeAfterPolicy(scope: Construct, made: Construct): void {
  const policy = policyOf(scope);
  if (policy) { made.node.addDependency(policy); }
}

function policyOf(scope: Construct): iam.Policy | undefined {
  return scope.node.tryFindChild(ID) as iam.Policy | undefined;
}
