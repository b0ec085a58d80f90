/** Defines which event a request becomes. */
import { eventAlb } from './event-alb';
import { eventV1 } from './event-v1';
import { eventV2 } from './event-v2';
import type { Deployment, RequestFacts } from './request';
import type { EventShape } from './settings';

export type BuildEvent = (facts: RequestFacts, deployment: Deployment) => object;

const BUILDERS: Readonly<Record<EventShape, BuildEvent>> = {
  'v2': eventV2,
  'v1': eventV1,
  'alb': (facts, deployment) => eventAlb(facts, deployment, false),
  'alb-multi-value': (facts, deployment) => eventAlb(facts, deployment, true),
};

export function eventBuilder(shape: EventShape): BuildEvent {
  return BUILDERS[shape];
}
