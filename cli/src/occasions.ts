/** Defines when functions and containers run, in a few words for each of their triggers. */
import type { Assembly, Resource } from './assembly';
import type { Container } from './containers/containers';
import type { LambdaFunction } from './functions';
import { frontsOf } from './routes/local-routes';
import { shownPath } from './routes/route';
import { textOf } from './template-values';
import { idOf, propertiesOf, triggersOf, type FoundTrigger, type TriggerKind } from './triggers';

/** What the kinds are called that go by a name. */
const WORDS: Partial<Readonly<Record<TriggerKind, string>>> = {
  bucket: 'bucket', dataStream: 'stream', eventPattern: 'events', logGroup: 'log group', queue: 'queue', schedule: 'schedule', tableStream: 'table', topic: 'topic',
};

interface ShownRoute {
  readonly kind: TriggerKind;
  readonly words: string;
}

/** Those of each. */
export function occasionsOf(called: readonly (LambdaFunction | Container)[], assembly: Assembly): string[][] {
  const fronts = frontsOf(assembly);
  const found = called.map((each) => triggersOf(each, assembly, fronts));
  const routes = found.map(routesIn);
  const all = routes.flat();
  const isShared = (one: ShownRoute): boolean => all.some(({ kind, words }) => words === one.words && kind !== one.kind);
  return found.map((triggers, index) => [...new Set([
    ...triggers.flatMap((trigger) => trigger.route || trigger.kind === 'userPool' ? [] : [wordsOf(trigger)]),
    ...userPoolsIn(triggers),
    ...routes[index].map((route) => isShared(route) ? `${route.words} (${route.kind})` : route.words),
  ])]);
}

/** `GET,POST example.com/api/*`; APIs have a route for each method. */
function routesIn(triggers: readonly FoundTrigger[]): ShownRoute[] {
  const groups = new Map<string, { kind: TriggerKind; place: string; methods: Set<string> }>();
  for (const { kind, route } of triggers) {
    if (!route) continue;
    const place = `${route.hosts.join(',')}${shownPath(route.path)}`;
    const key = `${kind} ${route.methods.length > 0} ${place}`;
    const group = groups.get(key) ?? { kind, place, methods: new Set() };
    route.methods.forEach((method) => group.methods.add(method));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ kind, place, methods }) => ({ kind, words: [[...methods].join(','), place].filter(Boolean).join(' ') }));
}

/** `user pool Users PreSignUp,PostConfirmation` */
function userPoolsIn(triggers: readonly FoundTrigger[]): string[] {
  const pools = new Map<Resource, string[]>();
  for (const { kind, name, origin } of triggers) {
    if (kind === 'userPool') pools.set(origin!.resource, [...pools.get(origin!.resource) ?? [`user pool ${idOf(origin!)}`], name]);
  }
  return [...pools.values()].map(([pool, ...operations]) => `${pool} ${operations.join(',')}`);
}

function wordsOf(trigger: FoundTrigger): string {
  const { kind, name, connection } = trigger;
  const { State: state, Enabled: enabled } = connection ? propertiesOf(connection) : {};
  const disabled = state === 'DISABLED' || String(enabled) === 'false';
  const own = kind === 'schedule' ? scheduleText(trigger) : kind === 'eventPattern' ? patternText(trigger) : '';
  return [own || `${WORDS[kind]} ${name}`.trim(), disabled ? '(disabled)' : ''].filter(Boolean).join(' ');
}

function scheduleText({ connection }: FoundTrigger): string {
  const { ScheduleExpression: expression, ScheduleExpressionTimezone: zone } = propertiesOf(connection!);
  const text = textOf(expression, connection!.stack);
  return text ? [text, textOf(zone, connection!.stack)].filter(Boolean).join(' ') : '';
}

/** `events own.app Ordered,Paid`: where the events come from, and of what type they are. */
function patternText({ connection, details }: FoundTrigger): string {
  const { source: sources, 'detail-type': types } = details!.pattern as { readonly [field: string]: unknown };
  const textsOf = (values: unknown = []): string => [...new Set([values].flat().map((value) => textOf(value, connection!.stack) ?? '*'))].join(',');
  return sources || types ? `events ${textsOf(sources) || '*'} ${textsOf(types)}`.trim() : '';
}
