/** Defines the queues that functions and services take messages of, with what their templates say of them. */
import { DEFAULT_REGION, MADE_UP_ACCOUNT } from '../../../layers/runtime/core/made-up';
import type { Assembly, Stack } from '../assembly';
import type { Container } from '../containers/containers';
import { resourcesIn, type Named } from '../template-resources';
import { regionOf, textOf } from '../template-values';

/** A name has at most 80 characters. Source: "Amazon SQS message quotas" in the Amazon SQS Developer Guide. */
const MOST_OF_A_NAME = 80;

/** A queue by the words of a template. */
export interface KnownQueue {
  readonly name: string;
  readonly arn: string;
  /** undefined when it is not of this app. */
  readonly resource?: Named;
}

/** An entry of HYBRID_QUEUES, with the queue that it means. */
export interface HostQueue {
  readonly entry: Readonly<Record<string, unknown>> & { readonly event?: string };
  readonly queue: KnownQueue;
}

/** The queue that a value names: by its resource, or by its ARN or URL. */
export function queueIn(value: unknown, stack: Stack, { stacks }: Assembly): KnownQueue | undefined {
  const resource = resourcesIn(value, stack, stacks).find((each) => each.resource.Type === 'AWS::SQS::Queue');
  if (resource) return { ...namesOf(resource), resource };
  const text = textOf(value, stack);
  const name = /^arn:[^:]+:sqs:[^:]*:\d*:([^:]+)$/.exec(text ?? '')?.[1] ?? /^https?:\/\/[^/]+\/\d+\/([^/]+)$/.exec(text ?? '')?.[1];
  return name === undefined ? undefined : { name, arn: arnOf('sqs', name, stack) };
}

/** What the host of a container is told of its queues. */
export function hostQueues({ definition, stack }: Container, assembly: Assembly): HostQueue[] {
  const variable = ((definition.Environment ?? []) as { Name: string; Value: unknown }[]).find(({ Name }) => Name === 'HYBRID_QUEUES');
  if (!variable) return [];
  const parts: unknown[] = [];
  const join = (variable.Value as { 'Fn::Join'?: [string, unknown[]] })?.['Fn::Join'];
  const text = typeof variable.Value === 'string' ? variable.Value
    : join?.[1].map((part) => typeof part === 'string' ? part : `@${parts.push(part) - 1}@`).join(join[0]);
  let entries: Record<string, unknown>[];
  try {
    entries = JSON.parse(text ?? '') as Record<string, unknown>[];
  } catch {
    return [];
  }
  const meant = (value: unknown): unknown => /^@\d+@$/.test(String(value)) ? parts[Number(String(value).slice(1, -1))] : value;
  return entries.flatMap((entry) => {
    const queue = queueIn(meant(entry.arn), stack, assembly) ?? queueIn(meant(entry.url), stack, assembly);
    return queue ? [{ entry, queue }] : [];
  });
}

/** How a resource is named that gets its name by its deployment. */
export function madeUpName({ stack, logicalId }: Named): string {
  return `${stack.name}-${logicalId}`;
}

export function arnOf(service: string, resource: string, stack: Stack): string {
  return `arn:aws:${service}:${regionOf(stack) ?? DEFAULT_REGION}:${stack.account ?? MADE_UP_ACCOUNT}:${resource}`;
}

function namesOf(queue: Named): Pick<KnownQueue, 'name' | 'arn'> {
  const { QueueName, FifoQueue } = queue.resource.Properties ?? {};
  const suffix = String(FifoQueue) === 'true' ? '.fifo' : '';
  const name = textOf(QueueName, queue.stack) ?? `${madeUpName(queue).replace(/[^\w-]/g, '-').slice(-(MOST_OF_A_NAME - suffix.length))}${suffix}`;
  return { name, arn: arnOf('sqs', name, queue.stack) };
}
