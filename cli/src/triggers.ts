/** Defines what triggers a function, a service, a task or a job, as its templates tell. */
import type { Assembly } from './assembly';
import type { Container } from './containers/containers';
import type { LambdaFunction } from './functions';
import { FORWARDER_VARIABLE, STARTER_VARIABLE } from './names';
import { hostQueues, madeUpName, queueIn, type KnownQueue } from './queues/queue-names';
import { frontsOf } from './routes/local-routes';
import type { Front, GatewayTarget, LoadBalancerTarget, Route } from './routes/route';
import { isSame, resourcesIn, resourcesOf, type Named } from './template-resources';
import { listOf, textOf } from './template-values';

type Properties = Record<string, any>;

export const TRIGGER_KINDS = [
  'bucket', 'dataStream', 'eventPattern', 'functionUrl', 'httpApi', 'loadBalancer', 'logGroup', 'queue', 'restApi', 'schedule', 'tableStream', 'topic', 'userPool',
] as const;
export type TriggerKind = (typeof TRIGGER_KINDS)[number];

export interface FoundTrigger {
  readonly kind: TriggerKind;
  /** What tells it from others of its kind: the construct id of the queue, the path of a route. */
  readonly name: string;
  /** The queue, topic, bucket or the like, when it is of this app. */
  readonly origin?: Named;
  /** The queue, topic, stream or the like as the template names it. */
  readonly value?: unknown;
  /** What connects the two: a rule, a subscription, a mapping. */
  readonly connection?: Named;
  readonly queue?: KnownQueue;
  /** What connects them says further. */
  readonly details?: Properties;
  readonly route?: Route & { readonly target: GatewayTarget | LoadBalancerTarget };
}

/** @param fronts those of the assembly, for who asks for several */
export function triggersOf(called: LambdaFunction | Container, assembly: Assembly, fronts: readonly Front[] = frontsOf(assembly)): FoundTrigger[] {
  return [...new Finder(called, assembly, fronts).all()];
}

class Finder {
  /** What leads to what is called, and to it alone. */
  private readonly ends: Named[];

  constructor(private readonly called: LambdaFunction | Container, private readonly assembly: Assembly, private readonly fronts: readonly Front[]) {
    const { stack, logicalId } = called;
    this.ends = [{ stack, logicalId, resource: stack.template.Resources![logicalId] }];
    this.follow('AWS::Lambda::Version', ({ FunctionName }) => FunctionName);
    this.follow('AWS::Lambda::Alias', ({ FunctionName, FunctionVersion }) => [FunctionName, FunctionVersion]);
    if (!('definition' in called)) return;
    // A queue between an origin and the host, and what puts the origin's records into it.
    for (const { entry, queue } of hostQueues(called, assembly)) {
      if (queue.resource && entry.event !== undefined && entry.event !== 'sqs') this.ends.push(queue.resource);
    }
    this.follow('AWS::Lambda::Function', ({ Environment }) => Environment?.Variables?.[FORWARDER_VARIABLE]);
    this.follow('AWS::Lambda::Function', ({ Environment }) => Environment?.Variables?.[STARTER_VARIABLE]);
    this.follow('AWS::StepFunctions::StateMachine', ({ DefinitionString }) => DefinitionString);
  }

  * all(): Iterable<FoundTrigger> {
    yield* this.queuesOfHost();
    yield* this.mappings();
    yield* this.connected('topic', 'AWS::SNS::Subscription', ({ Endpoint }) => Endpoint, ({ TopicArn }) => TopicArn);
    yield* this.notifications();
    for (const schedule of this.leading('AWS::Scheduler::Schedule', ({ Target }) => Target)) {
      yield { kind: 'schedule', name: idOf(schedule), connection: schedule, details: propertiesOf(schedule).Target };
    }
    for (const rule of this.leading('AWS::Events::Rule', ({ Targets }) => Targets)) {
      const { EventPattern: pattern, ScheduleExpression: schedule, Targets: targets } = propertiesOf(rule);
      const target = listOf(targets).find((each) => this.leads(each, rule));
      if (schedule !== undefined) yield { kind: 'schedule', name: idOf(rule), connection: rule, details: target };
      if (pattern !== undefined) yield { kind: 'eventPattern', name: idOf(rule), connection: rule, details: { pattern, target } };
    }
    yield* this.connected('logGroup', 'AWS::Logs::SubscriptionFilter', ({ DestinationArn }) => DestinationArn, ({ LogGroupName }) => LogGroupName);
    for (const pool of this.leading('AWS::Cognito::UserPool', ({ LambdaConfig }) => LambdaConfig)) {
      const operations = Object.entries(propertiesOf(pool).LambdaConfig as Properties).filter(([, value]) => this.leads(value, pool));
      for (const [operation, value] of operations) {
        yield { kind: 'userPool', name: operation.replace(/Config$/, ''), origin: pool, details: { operation, version: (value as Properties).LambdaVersion } };
      }
    }
    yield* this.routes();
  }

  private* mappings(): Iterable<FoundTrigger> {
    for (const mapping of this.leading('AWS::Lambda::EventSourceMapping', ({ FunctionName }) => FunctionName)) {
      const { EventSourceArn: value } = propertiesOf(mapping);
      const text = textOf(value, mapping.stack) ?? '';
      const queue = queueIn(value, mapping.stack, this.assembly);
      if (queue) {
        yield this.ofQueue(queue, mapping);
        continue;
      }
      const [origin] = this.resources(value, mapping);
      const kind = /^AWS::DynamoDB::/.test(origin?.resource.Type) || text.includes(':dynamodb:') ? 'tableStream'
        : /^AWS::Kinesis::/.test(origin?.resource.Type) || text.includes(':kinesis:') ? 'dataStream' : undefined;
      if (kind) yield { kind, name: origin ? idOf(origin) : text.split(/[:/]/).at(kind === 'tableStream' ? -3 : -1)!, origin, value, connection: mapping };
    }
  }

  private* queuesOfHost(): Iterable<FoundTrigger> {
    if (!('definition' in this.called)) return;
    for (const { entry, queue } of hostQueues(this.called, this.assembly)) {
      if (entry.event === undefined || entry.event === 'sqs') yield this.ofQueue(queue);
    }
  }

  private ofQueue(queue: KnownQueue, connection?: Named): FoundTrigger {
    return { kind: 'queue', name: queue.resource ? idOf(queue.resource) : queue.name, origin: queue.resource, queue, connection };
  }

  /** The CDK sets notifications by a resource of its own. */
  private* notifications(): Iterable<FoundTrigger> {
    for (const notifications of [...resourcesOf('Custom::S3BucketNotifications', this.assembly.stacks), ...resourcesOf('AWS::S3::Bucket', this.assembly.stacks)]) {
      const { NotificationConfiguration: configuration = {}, BucketName: value } = propertiesOf(notifications);
      const isBucket = notifications.resource.Type === 'AWS::S3::Bucket';
      const all: Properties[] = Object.values(configuration as Record<string, unknown>).flatMap((list) => Array.isArray(list) ? list : []);
      const [origin] = isBucket ? [notifications] : this.resources(value, notifications);
      const found = all.find((each) => this.leads(each, notifications));
      if (!found) continue;
      yield { kind: 'bucket', name: origin ? idOf(origin) : textOf(value, notifications.stack) ?? '', origin, value, connection: notifications, details: found };
    }
  }

  private* connected(kind: TriggerKind, type: string, end: Part, start: Part): Iterable<FoundTrigger> {
    for (const connection of this.leading(type, end)) {
      const value = start(propertiesOf(connection));
      const [origin] = this.resources(value, connection);
      yield { kind, name: origin ? idOf(origin) : (textOf(value, connection.stack) ?? '').split(':').at(-1)!, origin, value, connection };
    }
  }

  private* routes(): Iterable<FoundTrigger> {
    for (const { kind, routes } of this.fronts) {
      for (const route of routes) {
        const { target } = route;
        const targets = target.kind === 'fixed' ? [] : target.kind === 'loadBalancer' ? [target, ...target.others] : [target];
        const own = targets.find(({ name }) => name === this.called.name);
        if (own) yield { kind, name: route.path, route: { ...route, target: own } };
      }
    }
  }

  private follow(type: string, part: Part): void {
    this.ends.push(...this.leading(type, part));
  }

  private leading(type: string, part: Part): Named[] {
    return resourcesOf(type, this.assembly.stacks).filter((each) => this.leads(part(propertiesOf(each)), each));
  }

  private leads(value: unknown, where: Named): boolean {
    return this.resources(value, where).some((each) => this.ends.some((end) => isSame(each, end)));
  }

  private resources(value: unknown, { stack }: Named): Named[] {
    return resourcesIn(value, stack, this.assembly.stacks);
  }
}

type Part = (properties: Properties) => unknown;

/** The construct id of a resource; a rule or a schedule with no other name goes by that of the trigger that it is in. */
export function idOf({ stack, logicalId, resource }: Named): string {
  const path = String(resource.Metadata?.['aws:cdk:path'] ?? stack.paths.get(logicalId) ?? logicalId).replace(/\/Resource$/, '');
  const parent = path.replace(/\/(Rule|Schedule)$/, '');
  return (parent === stack.path ? path : parent).split('/').at(-1)!;
}

/** The name of a resource: its own, or one that is made up as a deployment would. */
export function nameOf(named: Named, property: string): string {
  return textOf(propertiesOf(named)[property], named.stack) ?? madeUpName(named);
}

export function propertiesOf({ resource }: Named): Properties {
  return resource.Properties ?? {};
}
