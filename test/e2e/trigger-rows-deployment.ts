/** Defines how tests deploy the trigger of a service: what its template says is made in moto's server, by AWS's own client. */
import { ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Compute, HybridFunction, ITrigger } from '../../src';
import { givenVpc, handlerOf } from '../computes/ecs';
import { Moto, startMoto } from '../layers/moto';
import { queueHost, told } from '../layers/queue/queue-host';
import { until } from '../layers/queue/sqs-server';
import { SMALL_CODE, SMALL_RUNTIME, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

/** Of moto. */
export const [account, region] = ['123456789012', 'eu-west-1'];
export const arn = (service: string, name: string) => `arn:aws:${service}:${region}:${account}:${name}`;

/** One call of AWS's client, with the names that Python has. */
type AwsCall = (service: string, operation: string, input: object) => Promise<any>;
type Value = any;
type Attributes = Record<string, string>;

/** Calls, one a line each, of a process that goes on: to start AWS's client takes seconds. */
const CLIENT = `
import base64, json, sys
import boto3
access = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x", "endpoint_url": sys.argv[1]}
plain = lambda value: base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()
clients = {}
for line in sys.stdin:
    service, operation, parameters = json.loads(line)
    try:
        if service not in clients:
            clients[service] = boto3.client(service, **access)
        answer = {"result": getattr(clients[service], operation)(**parameters)}
        print(json.dumps(answer, default=plain), flush=True)
    except Exception as error:
        print(json.dumps({"error": str(error)}), flush=True)
`;

/** moto's server in the place of AWS, and AWS's client for Python, whose models check what it is given. */
export class Cloud {
  /** @param program what `motoServer()` of the real parts gives */
  static async start(program: string): Promise<Cloud> {
    const moto = await startMoto(program);
    return new Cloud(moto, spawn(join(dirname(program), 'python3'), ['-c', CLIENT, moto.endpoint], { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** What programs need to use it. */
  readonly environment: Record<string, string>;
  private readonly answers: AsyncIterator<string>;
  private readonly ended: Promise<unknown>;

  private constructor(private readonly moto: Moto, private readonly client: ChildProcess) {
    this.environment = { AWS_ENDPOINT_URL: moto.endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
    this.answers = createInterface({ input: client.stdout! })[Symbol.asyncIterator]();
    this.ended = new Promise(resolve => client.once('exit', resolve));
  }

  readonly call: AwsCall = async (service, operation, input) => {
    this.client.stdin!.write(`${JSON.stringify([service, operation, input])}\n`);
    const { value = '{"error":"the client has ended"}' } = await this.answers.next();
    const { result, error } = JSON.parse(value);
    if (error) { throw new Error(`${service} ${operation}: ${error}`); }
    return result;
  };

  /** How many messages a queue has, received ones too. */
  async messagesIn(QueueUrl: string): Promise<number> {
    const { Attributes: attributes } = await this.call('sqs', 'get_queue_attributes', { QueueUrl, AttributeNames: ['All'] });
    return Number(attributes.ApproximateNumberOfMessages) + Number(attributes.ApproximateNumberOfMessagesNotVisible);
  }

  /** Forgets all that was made. */
  async reset(): Promise<void> {
    await fetch(`${this.moto.endpoint}/moto-api/reset`, { method: 'POST' });
  }

  async stop(): Promise<void> {
    this.client.stdin!.end();
    await Promise.all([this.ended, this.moto.stop()]);
  }
}

/** As SQS and SNS take attributes. */
const asText = (properties: Record<string, Value>): Attributes =>
  Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]));

/** How resources are made: from their properties to what `Ref` and `Fn::GetAtt` give. */
const MAKERS: Record<string, (aws: AwsCall, id: string, properties: Value) => Promise<Attributes | void>> = {
  'AWS::SQS::Queue': async (aws, id, { Tags: _, ...attributes }) => {
    const QueueName = `${id}${attributes.FifoQueue ? '.fifo' : ''}`;
    const { QueueUrl } = await aws('sqs', 'create_queue', { QueueName, Attributes: asText(attributes) });
    return { Ref: QueueUrl, Arn: arn('sqs', QueueName) };
  },
  'AWS::SQS::QueuePolicy': async (aws, _id, { Queues, PolicyDocument }) => {
    for (const QueueUrl of Queues) { await aws('sqs', 'set_queue_attributes', { QueueUrl, Attributes: asText({ Policy: PolicyDocument }) }); }
  },
  'AWS::SNS::Topic': async (aws, id) => ({ Ref: (await aws('sns', 'create_topic', { Name: id })).TopicArn }),
  'AWS::SNS::Subscription': async (aws, _id, { TopicArn, Protocol, Endpoint, ...attributes }) => {
    await aws('sns', 'subscribe', { TopicArn, Protocol, Endpoint, Attributes: asText(attributes) });
  },
  'AWS::Events::EventBus': async (aws, _id, { Name }) => {
    await aws('events', 'create_event_bus', { Name });
    return { Ref: Name };
  },
  'AWS::Events::Rule': async (aws, id, { Targets, EventPattern, ...rule }) => {
    const { RuleArn } = await aws('events', 'put_rule', { Name: id, EventPattern: JSON.stringify(EventPattern), ...rule });
    const { FailedEntryCount } = await aws('events', 'put_targets', { Rule: id, EventBusName: rule.EventBusName, Targets });
    expect(FailedEntryCount).toBe(0);
    return { Ref: id, Arn: RuleArn };
  },
  'AWS::S3::Bucket': async (aws, id) => {
    await aws('s3', 'create_bucket', { Bucket: id.toLowerCase(), CreateBucketConfiguration: { LocationConstraint: region } });
    return { Ref: id.toLowerCase(), Arn: `arn:aws:s3:::${id.toLowerCase()}` };
  },
  'Custom::S3BucketNotifications': async (aws, _id, { BucketName, NotificationConfiguration }) => {
    await aws('s3', 'put_bucket_notification_configuration', { Bucket: BucketName, NotificationConfiguration });
  },
  'AWS::Scheduler::Schedule': async (aws, id, schedule) => {
    const { ScheduleArn } = await aws('scheduler', 'create_schedule', { Name: id, ...schedule });
    return { Ref: id, Arn: ScheduleArn };
  },
  'AWS::DynamoDB::Table': async (aws, id, { StreamSpecification, ...table }) => {
    const stream = { StreamEnabled: true, ...StreamSpecification };
    const { TableDescription } = await aws('dynamodb', 'create_table', { TableName: id, ...table, StreamSpecification: stream });
    return { Ref: id, Arn: TableDescription.TableArn, StreamArn: TableDescription.LatestStreamArn };
  },
  'AWS::Logs::LogGroup': async (aws, id) => {
    await aws('logs', 'create_log_group', { logGroupName: id });
    return { Ref: id, Arn: arn('logs', `log-group:${id}:*`) };
  },
  'AWS::Kinesis::Stream': async (aws, id, { ShardCount }) => {
    await aws('kinesis', 'create_stream', { StreamName: id, ShardCount });
    return { Ref: id, Arn: arn('kinesis', `stream/${id}`) };
  },
};

/** A service with one trigger, as far as it is to be had. */
export class Deployment {
  /** Makes what the template of a service has between an origin and its host. */
  static async of(cloud: Cloud, makeTrigger: (stack: Stack) => ITrigger): Promise<Deployment> {
    const template = withSmallRuntime(() => {
      const stack = new Stack(new App({ outdir: workspace() }), 'Stack', { env: { account, region } });
      const fn = new HybridFunction(stack, 'Api', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.service(), vpc: givenVpc(stack) });
      fn.addTrigger(makeTrigger(stack));
      return Template.fromStack(stack);
    });
    const deployment = new Deployment(cloud, template, template.toJSON().Resources);
    for (const [id, { Type }] of Object.entries(deployment.resources)) {
      if (MAKERS[Type]) { await deployment.attributesOf(id); }
    }
    return deployment;
  }

  private readonly made = new Map<string, Promise<Attributes>>();

  private constructor(
    private readonly cloud: Cloud,
    private readonly template: Template,
    private readonly resources: Record<string, { Type: string; Properties: Value }>,
  ) {}

  /** The one resource of a type whose id has this form: its properties, and what `Ref` and `Fn::GetAtt` give. */
  async only(type: string, id = /./): Promise<{ properties: Value; attributes: Attributes }> {
    const [found, ...others] = Object.keys(this.resources).filter(name => this.resources[name].Type === type && id.test(name));
    expect([type, others]).toEqual([type, []]);
    return { properties: await this.resolved(this.resources[found].Properties), attributes: await this.attributesOf(found) };
  }

  /** The queues of the host's environment. */
  async queues(): Promise<{ url: string; arn: string }[]> {
    return JSON.parse(await this.resolved(handlerOf(this.template).environment.HYBRID_QUEUES));
  }

  /** What the handler is given by the host with its sources and its only queue, until that is empty; nothing has become a dead letter. */
  async delivered(handler: string): Promise<any[]> {
    const queues = await this.queues();
    const [{ url }, ...others] = queues;
    expect(others).toEqual([]);
    const host = queueHost(handler, queues, this.cloud.environment, String(handlerOf(this.template).environment.HYBRID_SOURCES));
    await until('the queue is empty', async () => await this.cloud.messagesIn(url) === 0);
    expect(host.stderr).not.toMatch(/left to the queue|failed/);
    for (const [id, { Type }] of Object.entries(this.resources)) {
      if (Type === 'AWS::SQS::Queue') { expect([id, await this.cloud.messagesIn((await this.attributesOf(id)).Ref)]).toEqual([id, 0]); }
    }
    return told(host);
  }

  /** Who may send to the queue of the host, by the policy that the queue has now. */
  async senders(): Promise<object[]> {
    const [queue] = await this.queues();
    const { Attributes: { Policy } } = await this.cloud.call('sqs', 'get_queue_attributes', { QueueUrl: queue.url, AttributeNames: ['Policy'] });
    return JSON.parse(Policy).Statement
      .filter(({ Effect, Action, Resource }: Value) => Effect === 'Allow' && [Action].flat().includes('sqs:SendMessage') && Resource === queue.arn)
      .map(({ Principal, Condition }: Value) => ({ Principal, Condition }));
  }

  private attributesOf(id: string): Promise<Attributes> {
    const { Type, Properties } = this.resources[id];
    if (!this.made.has(id)) { this.made.set(id, this.make(id, Type, Properties)); }
    return this.made.get(id)!;
  }

  private async make(id: string, type: string, properties: Value): Promise<Attributes> {
    const maker = MAKERS[type];
    // Others have a name alone: nothing asks for them here.
    if (!maker) { return { Ref: id, Arn: type === 'AWS::IAM::Role' ? `arn:aws:iam::${account}:role/${id}` : arn('any', id) }; }
    return await maker(this.cloud.call, id, await this.resolved(properties ?? {})) ?? {};
  }

  /** What CloudFormation makes of a value. */
  private async resolved(value: Value): Promise<Value> {
    if (Array.isArray(value)) { return Promise.all(value.map(each => this.resolved(each))); }
    if (typeof value !== 'object') { return value; }
    if ('Ref' in value) { return value.Ref === 'AWS::Partition' ? 'aws' : this.attribute(value.Ref, 'Ref'); }
    if ('Fn::GetAtt' in value) { return this.attribute(value['Fn::GetAtt'][0], value['Fn::GetAtt'][1]); }
    if ('Fn::Join' in value) { return (await this.resolved(value['Fn::Join'][1])).join(value['Fn::Join'][0]); }
    return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([name, part]) => [name, await this.resolved(part)])));
  }

  private async attribute(id: string, name: string): Promise<string> {
    const value = (await this.attributesOf(id))[name];
    if (value === undefined) { throw new Error(`the test does not know ${name} of ${id}`); }
    return value;
  }
}
