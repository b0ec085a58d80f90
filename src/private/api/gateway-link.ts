/** The way of API Gateway into a VPC: one VPC link and one internal load balancer for all services of a stack there. */
import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import * as apigatewayv2 from 'aws-cdk-lib/aws-apigatewayv2';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { stableKey } from '../stable-key';

/** Ports for services. None of them means anything to AWS. */
const FIRST_PORT = 10_000;
const PORTS = 50_000;

/** What the services of a stack share. */
export class GatewayLink extends Construct {
  /** The VPC link, of the kind that HTTP APIs and REST APIs have. */
  public readonly vpcLink: apigatewayv2.VpcLink;
  /** The load balancer behind it. */
  public readonly loadBalancer: elbv2.ApplicationLoadBalancer;
  /** Who may come to the load balancer. */
  public readonly securityGroup: ec2.SecurityGroup;
  /** Those that services have by now. */
  public readonly ports = new Set<number>();

  constructor(scope: Construct, id: string, vpc: ec2.IVpc) {
    super(scope, id);
    const subnets = { subnets: vpc.selectSubnets().subnets };
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, allowAllOutbound: false, description: 'API Gateway' });
    this.vpcLink = new apigatewayv2.VpcLink(this, 'VpcLink', { vpc, subnets, securityGroups: [this.securityGroup] });
    this.loadBalancer = new elbv2.ApplicationLoadBalancer(this, 'LoadBalancer', { vpc, vpcSubnets: subnets, internetFacing: false, dropInvalidHeaderFields: true });
  }
}

/** The way into a VPC from the stack of a service. */
export function gatewayLinkOf(scope: Construct, vpc: ec2.IVpc): GatewayLink {
  const stack = Stack.of(scope);
  const id = `CdkHybridGateway${stableKey(scope, vpc, vpc.vpcId)}`;
  return stack.node.tryFindChild(id) as GatewayLink | undefined ?? new GatewayLink(stack, id, vpc);
}

/** The listener of one service: of a REST API no more than a port can say which service is meant. */
export function gatewayListener(scope: Construct, link: GatewayLink, targetGroup: elbv2.IApplicationTargetGroup): elbv2.ApplicationListener {
  const { loadBalancer, securityGroup, ports } = link;
  const place = scope.node.path.slice(Stack.of(scope).node.path.length + 1);
  const port = freePort(place, ports);
  ports.add(port);
  const listener = new elbv2.ApplicationListener(scope, 'Listener', {
    loadBalancer, port, protocol: elbv2.ApplicationProtocol.HTTP, open: false, defaultTargetGroups: [targetGroup],
  });
  listener.connections.allowFrom(securityGroup, ec2.Port.tcp(port), 'Private integrations');
  return listener;
}

/** From nothing but the place of the service, so that no other moves it; the next one should two meet. */
function freePort(place: string, taken: Set<number>): number {
  const start = createHash('sha256').update(place).digest().readUInt32BE() % PORTS;
  for (let step = 0; ; step++) {
    const port = FIRST_PORT + (start + step) % PORTS;
    if (!taken.has(port)) { return port; }
  }
}
