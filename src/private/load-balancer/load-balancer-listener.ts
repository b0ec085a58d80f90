/** The load balancer and the listener of a trigger: given, shared by the functions of a stack, or made. */
import { Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct, IConstruct } from 'constructs';
import type { ListenerOptions } from '../../model/listener-options';
import { agree as agreed, refuseForGiven } from '../agreement';
import { checkRange } from '../check-range';
import { problem } from '../errors';
import { ALL_PRIORITIES, PriorityRange } from './listener-priority';
import { stableKey, tokenKey } from '../stable-key';

/** The listener that a trigger's rules belong to, and the load balancer where it is known. */
export interface UsedListener {
  readonly listener: elbv2.IApplicationListener;
  readonly loadBalancer?: elbv2.IApplicationLoadBalancer;
}

const OF_LISTENERS = ['certificates', 'sslPolicy', 'listenerPort', 'listenerProtocol', 'open'] as const;
const OF_LOAD_BALANCERS = [
  'internal', 'loadBalancerSubnets', 'loadBalancerSecurityGroups', 'idleTimeout', 'accessLogsBucket', 'accessLogsPrefix', 'deletionProtection',
  'dropInvalidHeaderFields', 'desyncMitigationMode',
] as const;

/** Whether a trigger says something of its listener or load balancer. */
export function saysListener(options: ListenerOptions): boolean {
  return ([...OF_LISTENERS, ...OF_LOAD_BALANCERS, 'listener', 'loadBalancer'] as const).some(property => options[property] !== undefined);
}

/** Finds or makes the listener of a trigger. */
export function listenerOf(scope: Construct, options: ListenerOptions, vpc: () => ec2.IVpc): UsedListener {
  const { listener, loadBalancer } = options;
  if (listener) {
    refuseForGiven(scope, 'LOAD_BALANCER_GIVEN', 'listener', options, [...OF_LISTENERS, ...OF_LOAD_BALANCERS, 'loadBalancer']);
    return { listener, loadBalancer: loadBalancerOf(listener) };
  }
  if (loadBalancer) { refuseForGiven(scope, 'LOAD_BALANCER_GIVEN', 'loadBalancer', options, OF_LOAD_BALANCERS); }
  const balancer = loadBalancer ?? sharedLoadBalancer(scope, options, vpc());
  return { loadBalancer: balancer, listener: listenerOn(scope, balancer, options) };
}

/** The numbers that rules may have; of a listener that others use as well only its user knows. */
export function priorityRange(scope: IConstruct, { listener, minPriority, maxPriority }: ListenerOptions): PriorityRange {
  const range = { min: minPriority ?? ALL_PRIORITIES.min, max: maxPriority ?? ALL_PRIORITIES.max };
  if (listener && !(listener instanceof elbv2.ApplicationListener) && (minPriority === undefined || maxPriority === undefined)) {
    throw problem(scope, 'LISTENER_RANGE', { property: minPriority === undefined ? 'minPriority' : 'maxPriority', given: undefined, accepted: 'a number, for what else is on an imported listener is not known' });
  }
  const isNumber = (value: number) => Number.isInteger(value) && value >= ALL_PRIORITIES.min && value <= ALL_PRIORITIES.max;
  if (!isNumber(range.min) || !isNumber(range.max) || range.min > range.max) {
    throw problem(scope, 'LISTENER_RANGE', { property: 'minPriority, maxPriority', given: [range.min, range.max].map(value => Token.isUnresolved(value) ? 'a token' : value).join(', '), accepted: `whole numbers from ${ALL_PRIORITIES.min} to ${ALL_PRIORITIES.max}, the lower one first` });
  }
  return range;
}

/** The load balancer of a listener of this app. */
export function loadBalancerOf(listener: elbv2.IApplicationListener): elbv2.IApplicationLoadBalancer | undefined {
  return listener instanceof elbv2.ApplicationListener ? listener.loadBalancer : undefined;
}

/** Whether a listener speaks TLS; undefined: only AWS knows. */
export function isSecure(listener: elbv2.IApplicationListener): boolean | undefined {
  const protocol = (listener.node.defaultChild as elbv2.CfnListener | undefined)?.protocol;
  return protocol === undefined || Token.isUnresolved(protocol) ? undefined : protocol === elbv2.ApplicationProtocol.HTTPS;
}

/** One load balancer for all functions of a stack in one VPC, and another one for those that are internal. */
function sharedLoadBalancer(scope: Construct, options: ListenerOptions, vpc: ec2.IVpc): elbv2.ApplicationLoadBalancer {
  const stack = Stack.of(scope);
  const { internal = false, loadBalancerSubnets, loadBalancerSecurityGroups } = options;
  const id = `CdkHybrid${internal ? 'Internal' : ''}LoadBalancer${stableKey(scope, vpc, vpc.vpcId)}`;
  const shared = stack.node.tryFindChild(id) as elbv2.ApplicationLoadBalancer | undefined;
  const loadBalancer = shared ?? new elbv2.ApplicationLoadBalancer(stack, id, {
    vpc,
    internetFacing: !internal,
    vpcSubnets: loadBalancerSubnets,
    securityGroup: loadBalancerSecurityGroups?.[0],
    dropInvalidHeaderFields: true,
  });
  if (!shared) { loadBalancerSecurityGroups?.slice(1).forEach(group => loadBalancer.addSecurityGroup(group)); }
  agree(scope, loadBalancer, 'loadBalancerSubnets', loadBalancerSubnets ? vpc.selectSubnets(loadBalancerSubnets).subnetIds : 'the default');
  agree(scope, loadBalancer, 'loadBalancerSecurityGroups', loadBalancerSecurityGroups?.map(({ securityGroupId }) => securityGroupId) ?? 'the default');
  setAttributes(scope, loadBalancer, options);
  return loadBalancer;
}

function setAttributes(scope: Construct, loadBalancer: elbv2.ApplicationLoadBalancer, options: ListenerOptions): void {
  const { idleTimeout, deletionProtection, dropInvalidHeaderFields, desyncMitigationMode, accessLogsBucket, accessLogsPrefix } = options;
  const set = (property: keyof ListenerOptions, attribute: string, value?: string) => {
    if (value === undefined) { return; }
    agree(scope, loadBalancer, property, value);
    loadBalancer.setAttribute(attribute, value);
  };
  set('idleTimeout', 'idle_timeout.timeout_seconds', idleTimeout && `${idleTimeout.toSeconds()}`);
  set('deletionProtection', 'deletion_protection.enabled', deletionProtection === undefined ? undefined : `${deletionProtection}`);
  set('dropInvalidHeaderFields', 'routing.http.drop_invalid_header_fields.enabled', dropInvalidHeaderFields === undefined ? undefined : `${dropInvalidHeaderFields}`);
  set('desyncMitigationMode', 'routing.http.desync_mitigation_mode', desyncMitigationMode);
  if (accessLogsBucket && agree(scope, loadBalancer, 'accessLogsBucket', [accessLogsBucket.bucketName, accessLogsPrefix])) {
    loadBalancer.logAccessLogs(accessLogsBucket, accessLogsPrefix);
  }
}

function listenerOn(scope: Construct, loadBalancer: elbv2.IApplicationLoadBalancer, options: ListenerOptions): elbv2.ApplicationListener {
  const { certificates = [], listenerProtocol, loadBalancerSecurityGroups } = options;
  const { HTTP, HTTPS } = elbv2.ApplicationProtocol;
  const protocol = listenerProtocol ?? (certificates.length > 0 ? HTTPS : HTTP);
  if (protocol === HTTPS && certificates.length === 0) {
    throw problem(scope, 'CERTIFICATE_MISSING', { property: 'certificates', given: 'none', accepted: 'at least one certificate for HTTPS' });
  }
  if (protocol === HTTP && certificates.length > 0) {
    throw problem(scope, 'LOAD_BALANCER_CONFLICT', { property: 'listenerProtocol', given: protocol, accepted: 'HTTPS, or not given, with certificates' });
  }
  certificates.forEach(certificate => checkCertificate(scope, certificate));
  const port = options.listenerPort ?? (protocol === HTTPS ? 443 : 80);
  checkRange(scope, 'listenerPort', port, { least: 1, most: 65_535 });
  const ours = loadBalancer instanceof elbv2.ApplicationLoadBalancer && !options.loadBalancer;
  const open = options.open ?? (ours && !options.internal && !loadBalancerSecurityGroups);
  const sslPolicy = protocol === HTTPS ? options.sslPolicy ?? elbv2.SslPolicy.RECOMMENDED_TLS : undefined;
  const listener = portListener(scope, loadBalancer, port, 'routes', {
    port, protocol, open, certificates, sslPolicy, defaultAction: elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not Found' }),
  });
  agree(scope, listener, 'listenerProtocol', protocol);
  agree(scope, listener, 'certificates', certificates.map(({ certificateArn }) => certificateArn));
  agree(scope, listener, 'open', open);
  agree(scope, listener, 'sslPolicy', sslPolicy ?? 'none');
  if (protocol === HTTPS && port === 443) {
    portListener(scope, loadBalancer, 80, 'redirect', {
      port: 80, protocol: HTTP, open, defaultAction: elbv2.ListenerAction.redirect({ protocol: HTTPS, port: '443', permanent: true }),
    });
  }
  return listener;
}

/** Source: "Create an HTTPS listener" in the guide of Application Load Balancers: the certificate and the load balancer are in one region. */
function checkCertificate(scope: Construct, { certificateArn }: elbv2.IListenerCertificate): void {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(certificateArn) || Token.isUnresolved(region)) { return; }
  const [, , , place] = certificateArn.split(':');
  // Those of IAM have none.
  if (place && place !== region) {
    throw problem(scope, 'CERTIFICATE_REGION', { property: 'certificates', given: certificateArn, accepted: `certificates of ${region}, the region of the load balancer` });
  }
}

type Purpose = 'routes' | 'redirect';
const purposes = new WeakMap<elbv2.ApplicationListener, Purpose>();

/** The listener of a port, which either has routes or redirects. */
function portListener(
  scope: Construct, loadBalancer: elbv2.IApplicationLoadBalancer, port: number, purpose: Purpose, props: elbv2.BaseApplicationListenerProps,
): elbv2.ApplicationListener {
  const id = `CdkHybridListener${Token.isUnresolved(port) ? tokenKey(scope, port) : port}`;
  const found = loadBalancer.node.tryFindChild(id) as elbv2.ApplicationListener | undefined;
  if (found && purposes.get(found) !== purpose) {
    throw problem(scope, 'LOAD_BALANCER_CONFLICT', {
      property: 'certificates',
      given: purpose === 'redirect' ? 'some' : 'none',
      accepted: `some in each trigger of ${loadBalancer.node.path} or in none, for with certificates port ${port} redirects`,
    });
  }
  if (found) { return found; }
  const owned = loadBalancer instanceof elbv2.ApplicationLoadBalancer ? loadBalancer : undefined;
  const foreign = owned?.listeners.find(listener => listener.port === port);
  if (foreign && purpose === 'redirect') { return foreign; }
  if (foreign) {
    throw problem(scope, 'LOAD_BALANCER_CONFLICT', {
      property: 'listenerPort', given: port, accepted: `a port that ${loadBalancer.node.path} has no listener for`, mend: `set listener to ${foreign.node.path}`,
    });
  }
  const listener = owned?.addListener(id, props) ?? new elbv2.ApplicationListener(loadBalancer, id, { loadBalancer, ...props });
  purposes.set(listener, purpose);
  return listener;
}

const agree = (scope: Construct, shared: IConstruct, property: string, value: unknown) => agreed(scope, 'LOAD_BALANCER_CONFLICT', shared, property, value);

/** A VPC that is known before one is made: that of the load balancer or the listener. */
export function vpcOfListener({ listener, loadBalancer }: ListenerOptions): ec2.IVpc | undefined {
  return (loadBalancer ?? (listener && loadBalancerOf(listener)))?.vpc;
}

/** Whether two VPCs are one: that of an import is known by its id. */
export function isSameVpc(one: ec2.IVpc, other: ec2.IVpc): boolean {
  return one === other || stableKey(one, one, one.vpcId) === stableKey(one, other, other.vpcId);
}
