import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { makeVpc } from '../private/containers/network';

/** What a network has. */
export interface HybridNetworkProps {
  /**
   * The addresses of the VPC.
   *
   * @default - 10.0.0.0/16
   */
  readonly ipAddresses?: ec2.IIpAddresses;

  /**
   * In how many zones it has subnets, at most.
   *
   * @default 2
   */
  readonly maxAzs?: number;

  /**
   * Its subnets in each zone: their kind, and the size of their addresses.
   *
   * @default - one public and one private subnet, of one size; the private one has no way to the internet without NAT gateways
   */
  readonly subnetConfiguration?: ec2.SubnetConfiguration[];

  /**
   * How many NAT gateways it has: the way of private subnets to the internet. Each costs money for every hour that it exists, and for every gigabyte
   * that goes through it. With one, traffic between zones is paid as well, and all zones lose their way when that zone fails. With 0
   * the handler reaches nothing but the VPC and its endpoints.
   *
   * @default 1
   */
  readonly natGateways?: number;

  /**
   * Whether it has endpoints of what a task needs before its handler runs: ECR, CloudWatch Logs, Secrets Manager and Systems Manager. Each of the five costs
   * money for every hour and zone, and less than a NAT gateway for every gigabyte: together, in two zones, they cost more by the hour than one NAT gateway does,
   * and they spare it most of the traffic. The endpoint of S3, where images are, is there always: it costs nothing.
   *
   * @default - true without NAT gateways, else false
   */
  readonly endpoints?: boolean;
}

/**
 * A VPC for functions, when there is none to be given: public subnets for load balancers, private ones for handlers. See AWS's price lists of "Amazon VPC"
 * (NAT gateways) and "AWS PrivateLink" (endpoints) for what it costs in a region.
 *
 * @example
 * const network = new HybridNetwork(this, 'Network', { maxAzs: 3 });
 * new HybridFunction(this, 'Api', { code: HandlerCode.fromEntry('src/api.ts'), vpc: network.vpc, compute: Compute.service() });
 */
export class HybridNetwork extends Construct {
  /** The VPC. */
  public readonly vpc: ec2.Vpc;

  constructor(scope: Construct, id: string, props: HybridNetworkProps = {}) {
    super(scope, id);
    this.vpc = makeVpc(this, 'Vpc', props);
  }
}
