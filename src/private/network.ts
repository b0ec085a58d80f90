/** The VPCs that this library makes: one that is asked for, and that of functions that need one and were given none. */
import { Annotations, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/** How a VPC is made. */
export interface NetworkOptions {
  readonly ipAddresses?: ec2.IIpAddresses;
  readonly maxAzs?: number;
  readonly natGateways?: number;
  readonly endpoints?: boolean;
}

const VPC_ID = 'CdkHybridVpc';

/** What a task needs of AWS before its handler runs: image, logs, secrets. The image's layers are in S3, whose endpoint is of another kind. */
const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER, SSM } = ec2.InterfaceVpcEndpointAwsService;
const ENDPOINTS = { Ecr: ECR, EcrDocker: ECR_DOCKER, Logs: CLOUDWATCH_LOGS, SecretsManager: SECRETS_MANAGER, Ssm: SSM };

/** A VPC of public and private subnets. */
export function makeVpc(scope: Construct, id: string, options: NetworkOptions = {}): ec2.Vpc {
  const { ipAddresses, maxAzs = 2, natGateways = 1, endpoints = natGateways === 0 } = options;
  const vpc = new ec2.Vpc(scope, id, {
    ipAddresses,
    maxAzs,
    natGateways,
    // It costs nothing, and without it the layers of images go through the NAT gateway, by the gigabyte.
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  });
  if (endpoints) {
    for (const [name, service] of Object.entries(ENDPOINTS)) { vpc.addInterfaceEndpoint(name, { service }); }
  }
  return vpc;
}

/** One VPC for all functions of a stack. */
export function stackVpc(scope: Construct): ec2.IVpc {
  const stack = Stack.of(scope);
  const shared = stack.node.tryFindChild(VPC_ID) as ec2.Vpc | undefined;
  if (shared) { return shared; }
  Annotations.of(stack).addInfo('cdk-hybrid made a VPC, for a compute needs one and none was given: its NAT gateway costs money by the hour and by the gigabyte. '
    + 'Set vpc to use another, or to a HybridNetwork that has endpoints instead.');
  return makeVpc(stack, VPC_ID);
}
