/** Triggers that reach a service through a queue of their own, for tests. */
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Compute, HandlerRuntime, HybridFunction, ICompute, ITrigger, TriggerConfig } from '../../src';
import { handlerOf, onEcs } from '../computes/ecs';
import { SMALL_CODE, synthesized } from '../small-runtime';

type MakeTrigger = (stack: Stack) => ITrigger;

/** A function `Handler` with a trigger, as AWS Lambda runs it. */
export function onLambda(
  trigger: MakeTrigger, compute: ICompute = Compute.lambdaFunction(), then: (made: TriggerConfig, stack: Stack) => void = () => {},
): Template {
  return synthesized(stack => {
    const fn = new HybridFunction(stack, 'Handler', { runtime: HandlerRuntime.AWS_NODEJS_24, code: SMALL_CODE, compute });
    then(fn.addTrigger(trigger(stack)), stack);
  });
}

/** A function `Api` with a trigger, as a service. */
export function onService(trigger: MakeTrigger, then: (made: TriggerConfig, stack: Stack) => void = () => {}): Template {
  return onEcs('service', {}, {}, (fn, stack) => then(fn.addTrigger(trigger(stack)), stack)).template;
}

type Value = string | { 'Ref'?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, Value[]] };

/** What a value of a template is at deployment, with the names of resources for what they are. */
export function deployed(value: Value): string {
  if (typeof value === 'string') { return value; }
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': joined } = value;
  return joined ? joined[1].map(deployed).join(joined[0]) : Ref ?? attribute!.join('.');
}

/** The queues that the host of a service is told. */
export function toldQueues(template: Template): { url: string; arn: string; event: string }[] {
  const { HYBRID_QUEUES } = handlerOf(template).environment;
  return HYBRID_QUEUES === undefined ? [] : JSON.parse(deployed(HYBRID_QUEUES as Value));
}

/** The properties of the only resource of a type. */
export function only(template: Template, type: string) {
  const [resource, ...others] = Object.values(template.findResources(type));
  expect([type, others]).toEqual([type, []]);
  return resource.Properties;
}

/** The queue that was made between the origin and the handler, and the one for dead letters. */
export function queuesOf(template: Template) {
  const queues = Object.entries(template.findResources('AWS::SQS::Queue'));
  const [id, { Properties: queue }] = queues.find(([, { Properties }]) => Properties.RedrivePolicy)!;
  const deadLetters = queues.filter(([other]) => /(?<!Forwarder)DeadLetterQueue[0-9A-F]{8}$/.test(other)).map(([, { Properties }]) => Properties);
  return { id, queue, deadLetters };
}

/** Who may do what with a queue beside the role of its handler. */
export function allowedOn(template: Template, queueId: string) {
  return Object.values(template.findResources('AWS::SQS::QueuePolicy'))
    .filter(({ Properties }) => Properties.Queues.some(({ Ref }: { Ref: string }) => Ref === queueId))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .filter(({ Effect }) => Effect === 'Allow');
}

/** What a role may do, by the beginning of its id. */
export function allowedTo(template: Template, roleId: RegExp): { Action: string | string[]; Resource: unknown }[] {
  return Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => roleId.test(Ref)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

export const ref = (id: string) => ({ Ref: Match.stringLikeRegexp(`^${id}`) });
export const arnOf = (id: string) => ({ 'Fn::GetAtt': [expect.stringMatching(`^${id}`), 'Arn'] });
