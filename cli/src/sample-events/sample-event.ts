/** Defines `invoke --trigger`: the event that AWS documents for a trigger, with what the template knows of it, and with what was given instead. */
import { httpEvent } from './http-events';
import { bucketEvent, logGroupData, logGroupEvent, patternEvent, queueEvent, scheduleEvent, topicEvent } from './message-events';
import { withValues } from './overrides';
import { dataStreamEvent, tableStreamEvent } from './stream-events';
import { TRIGGER_KINDS, triggersOf, type FoundTrigger, type TriggerKind } from '../triggers';
import { userPoolEvent } from './user-pool-events';
import type { Assembly } from '../assembly';
import type { Container } from '../containers/containers';
import { CliError } from '../errors';
import type { LambdaFunction } from '../functions';
import { isJson } from '../json';

export interface HttpOverrides {
  readonly body?: string;
  readonly method?: string;
  readonly path?: string;
}

export interface SampleOptions extends HttpOverrides {
  readonly key?: string;
  readonly set: readonly string[];
}

const HTTP = ['functionUrl', 'httpApi', 'loadBalancer', 'restApi'];
/** Which triggers have what an option says. */
const TAKES: Readonly<Record<'body' | 'key' | 'method' | 'path', readonly string[]>> = {
  body: ['bucket', 'dataStream', 'eventPattern', ...HTTP, 'logGroup', 'queue', 'topic'],
  key: ['bucket', 'dataStream'],
  method: HTTP,
  path: HTTP,
};

/** The trigger that is meant. */
export function chosenTrigger(called: LambdaFunction | Container, assembly: Assembly, given: string): FoundTrigger {
  return chosen(called, triggersOf(called, assembly), given);
}

export function sampleEvent(trigger: FoundTrigger, called: LambdaFunction | Container, options: SampleOptions): unknown {
  for (const name of ['body', 'key', 'method', 'path'] as const) {
    if (options[name] !== undefined && !TAKES[name].includes(trigger.kind)) {
      throw new CliError('USAGE', `--${name} is for the triggers ${TAKES[name].join(', ')}, not for ${trigger.kind}; --set changes any field`);
    }
  }
  if (trigger.kind === 'eventPattern' && options.body !== undefined && !isJson(options.body)) {
    throw new CliError('EVENT_INVALID', `--body must be JSON for an event pattern, whose detail it is, got '${options.body}'`);
  }
  const { stack } = called;
  // What is packed in the event can be changed as well.
  if (trigger.kind === 'logGroup') return logGroupEvent(withValues(logGroupData(trigger, stack, options), options.set));
  return withValues(eventOf(trigger, called, options), options.set);
}

function eventOf(trigger: FoundTrigger, { stack }: LambdaFunction | Container, options: SampleOptions): unknown {
  switch (trigger.kind) {
    case 'queue': return queueEvent(trigger, stack, options);
    case 'topic': return topicEvent(trigger, stack, options);
    case 'bucket': return bucketEvent(trigger, stack, options);
    case 'eventPattern': return patternEvent(trigger, stack, options);
    case 'schedule': return scheduleEvent(trigger, stack);
    case 'tableStream': return tableStreamEvent(trigger, stack);
    case 'dataStream': return dataStreamEvent(trigger, stack, options);
    case 'userPool': return userPoolEvent(trigger, stack);
    default: return httpEvent(trigger, options);
  }
}

function chosen({ name: who, stack }: LambdaFunction | Container, all: readonly FoundTrigger[], given: string): FoundTrigger {
  const [kind, ...rest] = given.split(':');
  const name = rest.length > 0 ? rest.join(':') : undefined;
  if (!TRIGGER_KINDS.includes(kind as TriggerKind)) throw new CliError('USAGE', `--trigger must be one of ${TRIGGER_KINDS.join(', ')}, or one of them and a name (queue:Orders), got '${given}'`);
  const ofKind = all.filter((each) => each.kind === kind);
  const found = name === undefined ? ofKind : ofKind.filter((each) => each.name === name || (each.origin ?? each.connection)?.logicalId === name);
  if (found.length === 1) return found[0];
  const list = (triggers: readonly FoundTrigger[]): string => [...new Set(triggers.map((each) => `${each.kind}:${each.name}`))].join(', ');
  // Several routes of the same path differ in nothing that matters to an event but the method, which can be given.
  if (found.length > 1 && new Set(found.map((each) => each.name)).size === 1 && found[0].route) return found[0];
  if (found.length > 1) throw new CliError('TRIGGER_AMBIGUOUS', `${who} has several triggers '${given}': ${list(found)}`);
  throw new CliError('TRIGGER_UNKNOWN', `${who} has no trigger '${given}' in the template of ${stack.name}: ${all.length === 0 ? 'it has none' : `it has ${list(all)}`}`);
}
