/** The VPC of functions that need one and were given none. */
import { Annotations, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

const VPC_ID = 'CdkHybridVpc';

/** One VPC for all functions of a stack: two zones, private subnets behind one NAT gateway. */
export function stackVpc(scope: Construct): ec2.IVpc {
  const stack = Stack.of(scope);
  const shared = stack.node.tryFindChild(VPC_ID) as ec2.Vpc | undefined;
  if (shared) { return shared; }
  Annotations.of(stack).addInfo('cdk-hybrid made a VPC, for a compute needs one and none was given: its NAT gateway costs money by the hour and by the gigabyte. Set vpc to use another.');
  return new ec2.Vpc(stack, VPC_ID, { maxAzs: 2, natGateways: 1 });
}
