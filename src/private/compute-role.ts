/**
 * The role of a handler, as one of its computes has it. What the compute itself must be able to do, beside what its handler is granted, stands in a policy of
 * that compute, not in that of the role: CloudFormation removes it after the compute, so that one whose place another takes can do its work until it is gone.
 */
import { Resource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, Dependable } from 'constructs';

/** A role whose permissions go to a policy in the scope of the compute, made with the first statement. What depends on it is made after both. */
export class ComputeRole extends Resource implements iam.IRole {
  public readonly grantPrincipal: iam.IPrincipal = this;
  private policy?: ComputePolicy;

  /** @param role the role that gets the policy */
  constructor(scope: Construct, id: string, private readonly role: iam.IRole) {
    super(scope, id);
    Dependable.implement(this, { dependencyRoots: [this, role] });
  }

  public get roleArn() { return this.role.roleArn; }
  public get roleName() { return this.role.roleName; }
  public get roleRef() { return this.role.roleRef; }
  public get assumeRoleAction() { return this.role.assumeRoleAction; }
  public get policyFragment() { return this.role.policyFragment; }
  public get principalAccount() { return this.role.principalAccount; }

  public addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    const policy = this.policy ??= this.attachedPolicy();
    if (!policy.isAttachedToRole) { return this.role.addToPrincipalPolicy(statement); }
    policy.addStatements(statement);
    return { statementAdded: true, policyDependable: policy };
  }

  public addToPolicy(statement: iam.PolicyStatement): boolean {
    return this.addToPrincipalPolicy(statement).statementAdded;
  }

  public attachInlinePolicy(policy: iam.Policy): void { this.role.attachInlinePolicy(policy); }
  public addManagedPolicy(policy: iam.IManagedPolicy): void { this.role.addManagedPolicy(policy); }
  public grant(grantee: iam.IPrincipal, ...actions: string[]): iam.Grant { return this.role.grant(grantee, ...actions); }
  public grantPassRole(grantee: iam.IPrincipal): iam.Grant { return this.role.grantPassRole(grantee); }
  public grantAssumeRole(grantee: iam.IPrincipal): iam.Grant { return this.role.grantAssumeRole(grantee); }

  private attachedPolicy(): ComputePolicy {
    const policy = new ComputePolicy(this, 'Default');
    this.role.attachInlinePolicy(policy);
    return policy;
  }
}

/** A policy that knows whether the role has taken it: imported ones that must not be changed do not. */
class ComputePolicy extends iam.Policy {
  public isAttachedToRole = false;

  public attachToRole(role: iam.IRole): void {
    this.isAttachedToRole = true;
    super.attachToRole(role);
  }
}
