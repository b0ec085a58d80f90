/** Defines when a function runs: its schedules, and the routes of load balancers, as far as its template tells in a few words. */
import type { Resource, Stack } from './assembly';
import { referencesIn, textOf } from './template-values';

type Properties = Record<string, any>;

/** @param logicalId what runs: a function, a task definition, a job definition */
export function occasionsOf(stack: Stack, logicalId: string): string[] {
  const resources = Object.entries(stack.template.Resources ?? {});
  const naming = (type: string, names: ReadonlySet<string>, part: (properties: Properties) => unknown): [string, Resource][] =>
    resources.filter(([, { Type, Properties: properties = {} }]) => Type === type && referencesIn(part(properties)).some((name) => names.has(name)));
  const idsOf = (found: readonly [string, Resource][]): string[] => found.map(([id]) => id);

  // An alias or a version is the function as well.
  const versions = new Set([logicalId, ...idsOf(naming('AWS::Lambda::Version', new Set([logicalId]), ({ FunctionName }) => FunctionName))]);
  const own = new Set([...versions, ...idsOf(naming('AWS::Lambda::Alias', versions, ({ FunctionName, FunctionVersion }) => [FunctionName, FunctionVersion]))]);
  const services = naming('AWS::ECS::Service', own, ({ TaskDefinition }) => TaskDefinition);
  const targetGroups = new Set([
    ...idsOf(naming('AWS::ElasticLoadBalancingV2::TargetGroup', own, ({ Targets }) => Targets)),
    ...services.flatMap(([, { Properties: properties }]) => referencesIn(properties?.LoadBalancers)),
  ]);
  return [
    ...naming('AWS::Scheduler::Schedule', own, ({ Target }) => Target).map(([, { Properties: properties = {} }]) => scheduleText(properties, stack)),
    ...naming('AWS::Events::Rule', own, ({ Targets }) => Targets).map(([, { Properties: properties = {} }]) => scheduleText(properties, stack)),
    ...naming('AWS::ElasticLoadBalancingV2::ListenerRule', targetGroups, ({ Actions }) => Actions).map(([, { Properties: properties = {} }]) => routeText(properties)),
    ...naming('AWS::ElasticLoadBalancingV2::Listener', targetGroups, ({ DefaultActions }) => DefaultActions).map(() => '/*'),
  ].filter(Boolean);
}

function scheduleText({ ScheduleExpression: expression, ScheduleExpressionTimezone: zone, State: state }: Properties, stack: Stack): string {
  return [textOf(expression, stack), textOf(zone, stack), state === 'DISABLED' ? '(disabled)' : ''].filter(Boolean).join(' ');
}

/** `GET,POST example.com/api/*` */
function routeText({ Conditions: conditions = [] }: Properties): string {
  const valuesOf = (field: string, config: string): string => {
    const found = (conditions as Properties[]).find(({ Field }) => Field === field);
    return ((found?.[config]?.Values ?? found?.Values ?? []) as string[]).join(',');
  };
  const methods = valuesOf('http-request-method', 'HttpRequestMethodConfig');
  const host = valuesOf('host-header', 'HostHeaderConfig');
  const paths = valuesOf('path-pattern', 'PathPatternConfig');
  return `${methods}${methods && ' '}${host}${paths || '/*'}`;
}
