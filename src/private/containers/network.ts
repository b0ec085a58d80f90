/** The VPCs that this library makes: one that is asked for, and that of functions that need one and were given none. */
import { Annotations, Stack, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct, IConstruct } from 'constructs';
import { problem } from '../errors';

/** How a VPC is made. */
export interface NetworkOptions {
  readonly ipAddresses?: ec2.IIpAddresses;
  readonly maxAzs?: number;
  readonly subnetConfiguration?: ec2.SubnetConfiguration[];
  readonly natGateways?: number;
  readonly endpoints?: boolean;
}

const VPC_ID = 'CdkHybridVpc';

/** What a task needs of AWS before its handler runs: image, logs, secrets. The image's layers are in S3, whose endpoint is of another kind. */
const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER, SSM } = ec2.InterfaceVpcEndpointAwsService;
const ENDPOINTS = { Ecr: ECR, EcrDocker: ECR_DOCKER, Logs: CLOUDWATCH_LOGS, SecretsManager: SECRETS_MANAGER, Ssm: SSM };

/** A VPC of public and private subnets. */
export function makeVpc(scope: Construct, id: string, options: NetworkOptions = {}): ec2.Vpc {
  const { ipAddresses, maxAzs = 2, subnetConfiguration, natGateways = 1, endpoints = natGateways === 0 } = options;
  const vpc = new ec2.Vpc(scope, id, {
    ipAddresses,
    maxAzs,
    subnetConfiguration,
    natGateways,
    // It costs nothing, and without it the layers of images go through the NAT gateway, by the gigabyte.
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  });
  if (endpoints) {
    for (const [name, service] of Object.entries(ENDPOINTS)) { vpc.addInterfaceEndpoint(name, { service }); }
  }
  return vpc;
}

/** Refuses a VPC of a stack in another account or region, whose resources no stack here can use. One whose subnets are shared is imported here. */
export function checkVpcStack(scope: IConstruct, vpc: ec2.IVpc): void {
  const [own, other] = [Stack.of(scope), Stack.of(vpc)];
  for (const place of ['account', 'region'] as const) {
    if (own[place] !== other[place] && !Token.isUnresolved(own[place]) && !Token.isUnresolved(other[place])) {
      throw problem(scope, 'ACCOUNT_CONFLICT', {
        property: 'vpc',
        given: `${vpc.node.path} of the ${place} ${other[place]}`,
        accepted: `a VPC of the ${place} of the stack, ${own[place]}`,
        mend: `use a VPC of that ${place}; one whose subnets are shared with the account is imported into the stack by Vpc.fromLookup() or Vpc.fromVpcAttributes()`,
      });
    }
  }
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
