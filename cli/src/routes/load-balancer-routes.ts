/** Defines the routes of load balancers: the rules of their listeners, in the order of their priorities, and then what a listener does otherwise. */
import type { Called } from './called';
import { wildcards, type Front, type LoadBalancerTarget, type Request, type Route, type Target } from './route';
import type { Stack } from '../assembly';
import { isSame, resourcesOf, type Named } from '../template-resources';
import { listOf, textOf } from '../template-values';

type Properties = Record<string, any>;

export function loadBalancerFronts(stacks: readonly Stack[], called: Called): Front[] {
  const rules = resourcesOf('AWS::ElasticLoadBalancingV2::ListenerRule', stacks);
  const listeners = resourcesOf('AWS::ElasticLoadBalancingV2::Listener', stacks);
  const known = listeners.map((listener) => {
    const own = rules.filter((rule) => called.resources(rule.resource.Properties?.ListenerArn, rule.stack).some((each) => isSame(each, listener)));
    // One that an API alone comes to is no front of its own.
    const otherwise = own.length === 0 && called.isIntegrated(listener) ? [] : [listener];
    return { id: `${listener.stack.path}/${listener.logicalId}`, otherwise, rules: own };
  });
  // Of a listener that is not of this app there are the rules alone.
  const foreign = new Map<string, Named[]>();
  for (const rule of rules.filter((each) => known.every((listener) => !listener.rules.includes(each)))) {
    const id = JSON.stringify(rule.resource.Properties?.ListenerArn);
    foreign.set(id, [...foreign.get(id) ?? [], rule]);
  }
  return [...known, ...[...foreign].map(([id, own]) => ({ id, otherwise: [], rules: own }))].map(({ id, otherwise, rules: own }) => ({
    id,
    kind: 'loadBalancer',
    routes: [
      ...own.map((rule) => ({ rule, priority: Number(rule.resource.Properties?.Priority) })).sort((a, b) => a.priority - b.priority)
        .flatMap(({ rule }) => routesOf(rule, rule.resource.Properties?.Actions, called)),
      ...otherwise.flatMap((listener) => routesOf(listener, listener.resource.Properties?.DefaultActions, called)),
    ],
  }));
}

function routesOf(rule: Named, actions: unknown, called: Called): Route[] {
  const target = targetOf(rule, listOf(actions), called);
  if (!target) return [];
  const conditions = listOf(rule.resource.Properties?.Conditions);
  const valuesOf = (field: string, config: string): string[] => conditions
    .filter(({ Field }) => Field === field)
    .flatMap(({ [config]: given, Values }) => (given?.Values ?? Values ?? []) as unknown[])
    .map((value) => textOf(value, rule.stack) ?? '*');
  const methods = valuesOf('http-request-method', 'HttpRequestMethodConfig').filter((method) => method !== '*');
  const hosts = valuesOf('host-header', 'HostHeaderConfig').map((host) => host.toLowerCase());
  const paths = valuesOf('path-pattern', 'PathPatternConfig');
  const others = conditions.flatMap((condition) => otherCondition(condition));
  return (paths.length > 0 ? paths : ['/*']).map((path) => {
    const ofPath = wildcards(path);
    const ofHosts = hosts.map((host) => wildcards(host));
    return {
      methods,
      hosts,
      path,
      target,
      matches: (request) => (methods.length === 0 || methods.includes(request.method)) && ofPath.test(request.path)
        && (hosts.length === 0 || ofHosts.some((host) => host.test(request.host))) && others.every((other) => other(request)),
    };
  });
}

function targetOf({ stack }: Named, actions: Properties[], called: Called): Target | undefined {
  const action = actions.find(({ Type }) => Type === 'forward' || Type === 'fixed-response');
  if (action?.Type === 'fixed-response') {
    const { StatusCode: status, ContentType: type, MessageBody: body } = action.FixedResponseConfig ?? {};
    // Where a listener finds nothing, another front may have something.
    return Number(status) === 404 ? undefined : { kind: 'fixed', status: Number(status), headers: type ? ['Content-Type', type] : [], body: body ?? '' };
  }
  if (!action) return undefined;
  // The first one has all the requests here.
  const groups = called.resources([action.TargetGroupArn, action.ForwardConfig?.TargetGroups], stack);
  const [first, ...others] = groups.flatMap((group) => groupTarget(group, stack, called));
  return first && { ...first, others };
}

function groupTarget(group: Named, stack: Stack, called: Called): LoadBalancerTarget[] {
  const thing = called.ofTargetGroup(group);
  if (!thing) return [];
  const attributes = listOf(group.resource.Properties?.TargetGroupAttributes);
  const multiValue = attributes.some(({ Key, Value }) => Key === 'lambda.multi_value_headers.enabled' && String(Value) === 'true');
  const targetGroup = textOf(group.resource.Properties?.Name, group.stack) ?? group.logicalId;
  return [{ ...thing, kind: 'loadBalancer', multiValue, stack, targetGroup, others: [] }];
}

/** Headers and parameters. The address of a caller is this machine's here, whoever may call. */
function otherCondition({ Field: field, HttpHeaderConfig: header, QueryStringConfig: query }: Properties): ((request: Request) => boolean)[] {
  if (field === 'http-header') {
    const values = (header.Values as string[]).map((value) => wildcards(value, 'i'));
    return [(request) => values.some((value) => value.test(request.header(header.HttpHeaderName.toLowerCase()) ?? '\n'))];
  }
  if (field === 'query-string') {
    const values = (query.Values as { Key?: string; Value: string }[])
      .map(({ Key, Value }) => ({ key: wildcards(Key ?? '*', 'i'), value: wildcards(Value, 'i') }));
    const given = ({ query: text }: Request): [string, string][] => [...new URLSearchParams(text)];
    return [(request) => values.some(({ key, value }) => given(request).some((each) => key.test(each[0]) && value.test(each[1])))];
  }
  return [];
}
