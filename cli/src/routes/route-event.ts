/** Defines what a function or a service is told of a request: by the host's own mapping, as API Gateway or a load balancer would. */
import type { GatewayTarget, LoadBalancerTarget } from './route';
import { DEFAULT_REGION, MADE_UP_ACCOUNT } from '../../../layers/runtime/core/made-up';
import { eventBuilder } from '../../../layers/runtime/sources/http/event';
import { GATEWAY } from '../../../layers/runtime/sources/http/event-gateway';
import { asFirstProxy, plainAddress } from '../../../layers/runtime/sources/http/forwarded';
import { findHeader, type RequestFacts } from '../../../layers/runtime/sources/http/request';
import type { EventShape } from '../../../layers/runtime/sources/http/settings';
import type { Stack } from '../assembly';
import { regionOf } from '../template-values';

/** The event, and whose results the handler's are taken for. */
export function eventFor(target: GatewayTarget | LoadBalancerTarget, facts: RequestFacts): { event: object; shape: EventShape } {
  const { stack } = target;
  const deployment = { accountId: accountOf(stack), region: regionOf(stack) ?? DEFAULT_REGION };
  if (target.kind === 'loadBalancer') {
    const shape = target.multiValue ? 'alb-multi-value' : 'alb';
    return { shape, event: eventBuilder(shape)(facts, { ...deployment, apiId: target.targetGroup }) };
  }
  const path = withStage(target, facts.path);
  const rawHeaders = [...ofClient(facts.rawHeaders), ...gatewayHeaders(target, facts)];
  const { event, shape } = GATEWAY.eventOf({ ...facts, path, rawHeaders }, { ...deployment, apiId: target.apiId })!;
  return { shape, event: target.versioned ? { version: '1.0', ...event } : event };
}

/** The headers of a request on its way to a container. */
export function forwardedHeaders(target: GatewayTarget | LoadBalancerTarget, facts: RequestFacts, port: number | undefined): string[] {
  const headers = asFirstProxy(facts.rawHeaders, facts.socketAddress, port);
  return target.kind === 'gateway' ? [...ofClient(headers), ...gatewayHeaders(target, facts)] : headers;
}

/** As a private integration has it. */
export function withStage({ stage, shape }: GatewayTarget, path: string): string {
  return stage === '$default' || shape === 'v1' ? path : `/${stage}${path}`;
}

/** Each header that a private integration maps replaces the client's own. */
function ofClient(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, index) => !rawHeaders[index - index % 2].toLowerCase().startsWith('x-hybrid-'));
}

/** What a private integration maps. */
function gatewayHeaders(target: GatewayTarget, facts: RequestFacts): string[] {
  const integration = new URLSearchParams({ authorizer: 'none', ...target.binaryTypes && { binary: target.binaryTypes.join(' ') } });
  const context = {
    'integration': integration.toString(),
    'request-id': facts.requestId,
    'api-id': target.apiId,
    'account-id': accountOf(target.stack),
    'domain-name': findHeader(facts.rawHeaders, 'host') || 'localhost',
    'stage': target.stage,
    'source-ip': plainAddress(facts.socketAddress),
    'protocol': facts.protocol,
    'time-epoch': String(facts.time),
    'route-key': target.routeKey,
    'path': facts.path,
    'resource-path': target.resourcePath,
    'resource-id': target.versioned ? target.routeKey : target.resourcePath,
    'extended-request-id': facts.requestId,
  };
  return ['x-hybrid-gateway', target.shape, ...Object.entries(context).flatMap(([name, value]) => [`x-hybrid-context-${name}`, value])];
}

function accountOf(stack: Stack): string {
  return stack.account ?? MADE_UP_ACCOUNT;
}
