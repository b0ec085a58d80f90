/**
 * Defines the events of queues, topics, buckets, rules, schedules and log groups, with the fields of AWS's documented samples. Sources: "Using Lambda with Amazon SQS",
 * "Invoking Lambda functions with Amazon SNS notifications", "Process Amazon S3 event notifications with Lambda" in the AWS Lambda Developer Guide;
 * "Events from AWS services" and "Creating a rule that runs on a schedule" in the Amazon EventBridge User Guide; Target in the EventBridge Scheduler API
 * Reference; "Subscription filters with AWS Lambda" in the Amazon CloudWatch Logs User Guide.
 */
import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { CloudWatchLogsDecodedData, CloudWatchLogsEvent, EventBridgeEvent, S3Event, SNSEvent, SQSEvent } from 'aws-lambda';
import { patternExample } from './pattern-example';
import { DEFAULT_REGION, MADE_UP_ACCOUNT } from '../../../layers/runtime/core/made-up';
import type { Stack } from '../assembly';
import { arnOf } from '../queues/queue-names';
import { regionOf, textOf } from '../template-values';
import { nameOf, propertiesOf, type FoundTrigger } from '../triggers';

/** What may be said instead of what is made up. */
export interface SampleOverrides {
  readonly body?: string;
  readonly key?: string;
}

/** What an origin is called. */
export interface Origin {
  readonly stack: Stack;
  readonly name: string;
  readonly arn: string;
}

export function queueEvent({ queue, connection }: FoundTrigger, stack: Stack, { body = '{"hello":"world"}' }: SampleOverrides): SQSEvent {
  const { arn } = queue!;
  const now = Date.now();
  const fifo = arn.endsWith('.fifo');
  return {
    Records: [{
      messageId: randomUUID(),
      receiptHandle: Buffer.from(`${randomUUID()} a message that is in no queue`).toString('base64'),
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(now),
        ...fifo && { SequenceNumber: '18849496460467696128', MessageGroupId: '1' },
        SenderId: 'AIDAIENQZJOLO23YVJ4VO',
        ...fifo && { MessageDeduplicationId: randomUUID() },
        ApproximateFirstReceiveTimestamp: String(now + 10),
      },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: arn,
      awsRegion: regionIn(connection?.stack ?? stack),
    }],
  };
}

export function topicEvent(trigger: FoundTrigger, stack: Stack, { body = '{"hello":"world"}' }: SampleOverrides): SNSEvent {
  const { arn } = originOf(trigger, stack, 'sns', 'TopicName');
  const region = regionIn(stack);
  const subscription = `${arn}:${randomUUID()}`;
  return {
    Records: [{
      EventVersion: '1.0',
      EventSubscriptionArn: subscription,
      EventSource: 'aws:sns',
      Sns: {
        SignatureVersion: '1',
        Timestamp: new Date().toISOString(),
        Signature: Buffer.from('not a signature').toString('base64'),
        SigningCertUrl: `https://sns.${region}.amazonaws.com/SimpleNotificationService-${'0'.repeat(32)}.pem`,
        MessageId: randomUUID(),
        Message: body,
        MessageAttributes: {},
        Type: 'Notification',
        UnsubscribeUrl: `https://sns.${region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscription}`,
        TopicArn: arn,
        Subject: 'TestInvoke',
      },
    }],
  };
}

export function bucketEvent(trigger: FoundTrigger, stack: Stack, { body, key }: SampleOverrides): S3Event {
  const { details = {} } = trigger;
  const name = trigger.origin ? nameOf(trigger.origin, 'BucketName').toLowerCase() : textOf(trigger.value, stack) ?? trigger.name;
  const [event] = (details.Events ?? [details.Event]) as string[];
  const rules: { Name: string; Value: string }[] = details.Filter?.Key?.FilterRules ?? details.Filter?.S3Key?.Rules ?? [];
  const part = (wanted: string): string => rules.find(({ Name }) => Name.toLowerCase() === wanted)?.Value ?? '';
  const content = body ?? 'content';
  return {
    Records: [{
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: regionIn(stack),
      eventTime: new Date().toISOString(),
      eventName: exampleName(event ?? 's3:ObjectCreated:*'),
      userIdentity: { principalId: 'AWS:AIDAINPONIXQXHT3IKHL2' },
      requestParameters: { sourceIPAddress: '205.255.255.255' },
      responseElements: { 'x-amz-request-id': 'D82B88E5F771F645', 'x-amz-id-2': 'vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo=' },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: details.Id ?? randomUUID(),
        bucket: { name, ownerIdentity: { principalId: 'A3I5XTEXAMAI3E' }, arn: `arn:aws:s3:::${name}` },
        object: {
          // As S3 has it in events.
          key: encodeURIComponent(key ?? `${part('prefix')}example${part('suffix')}`).replace(/%20/g, '+').replace(/%2F/g, '/'),
          size: Buffer.byteLength(content),
          eTag: createHash('md5').update(content).digest('hex'),
          sequencer: '0C0F6F405D6ED209E1',
        },
      },
    }],
  };
}

export function logGroupData(trigger: FoundTrigger, stack: Stack, { body = '[ERROR] First test message' }: SampleOverrides): CloudWatchLogsDecodedData {
  const { connection, origin } = trigger;
  const group = origin ? nameOf(origin, 'LogGroupName') : textOf(trigger.value, stack) ?? trigger.name;
  return {
    messageType: 'DATA_MESSAGE',
    owner: accountIn(stack),
    logGroup: group,
    logStream: 'testLogStream',
    subscriptionFilters: [nameOf(connection!, 'FilterName')],
    logEvents: [{ id: '37199773595581154154810589279545129148442535997644275712', timestamp: Date.now(), message: body }],
  };
}

export function logGroupEvent(data: unknown): CloudWatchLogsEvent {
  return { awslogs: { data: gzipSync(JSON.stringify(data)).toString('base64') } };
}

/** What a rule for events lets through. */
export function patternEvent({ details }: FoundTrigger, stack: Stack, { body }: SampleOverrides): unknown {
  const event: EventBridgeEvent<string, unknown> = {
    'version': '0',
    'id': randomUUID(),
    'detail-type': 'Example',
    'source': 'example',
    'account': accountIn(stack),
    'time': seconds(),
    'region': regionIn(stack),
    'resources': [],
    'detail': {},
  };
  const matching = patternExample(details!.pattern, stack) as Partial<typeof event>;
  const whole = { ...event, ...matching, ...body !== undefined && { detail: JSON.parse(body) as unknown } };
  return inputOf(details!.target, stack) ?? whole;
}

export function scheduleEvent({ connection, details }: FoundTrigger, stack: Stack): unknown {
  const name = nameOf(connection!, 'Name');
  const byRule = connection!.resource.Type === 'AWS::Events::Rule';
  const group = textOf(propertiesOf(connection!).GroupName, stack) ?? 'default';
  const given = inputOf(details, stack);
  if (given !== undefined) return given;
  const event: EventBridgeEvent<'Scheduled Event', unknown> = {
    'version': '0',
    'id': randomUUID(),
    'detail-type': 'Scheduled Event',
    'source': byRule ? 'aws.events' : 'aws.scheduler',
    'account': accountIn(stack),
    'time': seconds(),
    'region': regionIn(stack),
    'resources': [byRule ? arnOf('events', `rule/${name}`, stack) : arnOf('scheduler', `schedule/${group}/${name}`, stack)],
    'detail': byRule ? {} : '{}',
  };
  return event;
}

/** The input that a target is given in the place of the event; of a task the one that its host finds. */
function inputOf({ Input: input }: { Input?: unknown } = {}, stack: Stack): unknown {
  const text = textWithTokens(input, stack)?.replace(/<aws\.scheduler\.scheduled-time>/g, seconds()).replace(/<aws\.scheduler\.[a-z-]+>/g, randomUUID());
  if (text === undefined) return undefined;
  const value = JSON.parse(text) as unknown;
  const variables = overridesIn(value);
  if (!variables) return value;
  const event = variables.find(({ name }) => name === 'HYBRID_EVENT')?.value;
  return event === undefined ? undefined : JSON.parse(event) as unknown;
}

/** What the request that starts a container sets in its environment: ECS and Batch have them in two ways of writing each. */
function overridesIn(value: any): { name: string; value: string }[] | undefined {
  const overrides = value?.Overrides ?? value?.overrides ?? value;
  const containers = overrides?.ContainerOverrides ?? overrides?.containerOverrides;
  const container = Array.isArray(containers) ? containers[0] : containers;
  const environment: Record<string, string>[] | undefined = container?.Environment ?? container?.environment;
  return environment?.map((each) => ({ name: each.Name ?? each.name, value: each.Value ?? each.value }));
}

function textWithTokens(value: unknown, stack: Stack): string | undefined {
  const join = (value as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join'];
  return textOf(value, stack) ?? join?.[1].map((part) => typeof part === 'string' ? part : textOf(part, stack) ?? 'unknown').join(join[0]);
}

/** The name and the ARN of what events come from. */
export function originOf({ origin, value, name }: FoundTrigger, stack: Stack, service: string, property: string, kind = ''): Origin {
  if (!origin) return { stack, name, arn: textOf(value, stack) ?? arnOf(service, `${kind}${name}`, stack) };
  const own = nameOf(origin, property);
  return { stack: origin.stack, name: own, arn: arnOf(service, `${kind}${own}`, origin.stack) };
}

/** Events have their names without `s3:`. */
function exampleName(event: string): string {
  const example: Readonly<Record<string, string>> = { ObjectCreated: 'Put', ObjectRemoved: 'Delete', ObjectRestore: 'Completed', ObjectTagging: 'Put', LifecycleExpiration: 'Delete' };
  return event.replace(/^s3:/, '').replace(/^(\w+):\*$/, (_whole, kind: string) => `${kind}:${example[kind] ?? 'Put'}`);
}

export function regionIn(stack: Stack): string {
  return regionOf(stack) ?? DEFAULT_REGION;
}

export function accountIn(stack: Stack): string {
  return stack.account ?? MADE_UP_ACCOUNT;
}

function seconds(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
