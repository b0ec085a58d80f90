/** Triggers that reach a service through a forwarder, for tests. */
import { Template } from 'aws-cdk-lib/assertions';
import { allowedTo, arnOf, only, queuesOf } from './deliveries';

export const mapping = (template: Template) => only(template, 'AWS::Lambda::EventSourceMapping');

/** The forwarder of a template with a service: its function, who it is, and what it may do. */
export function forwarderOf(template: Template) {
  const [[id, { Properties }], ...others] = Object.entries(template.findResources('AWS::Lambda::Function')).filter(([name]) => /Forwarder[0-9A-F]{8}$/.test(name));
  expect(others).toEqual([]);
  return { id, properties: Properties, statements: allowedTo(template, /ForwarderRole[0-9A-F]{8}$/) };
}

/** What is alike whatever sends: a small function with a role of its own, FIFO queues, and a bucket. */
export function expectForwarder(template: Template): void {
  const { id, queue, deadLetters } = queuesOf(template);
  const { properties, statements } = forwarderOf(template);
  expect(properties).toMatchObject({
    Runtime: 'nodejs24.x',
    Architectures: ['arm64'],
    Handler: 'forwarder.handler',
    Environment: { Variables: { HYBRID_FORWARDER_QUEUE_URL: { Ref: id }, HYBRID_FORWARDER_BUCKET: { Ref: expect.stringMatching(/ForwarderBucket/) } } },
    Role: arnOf('.*ForwarderRole'),
    LoggingConfig: { LogGroup: { Ref: expect.stringMatching(/ForwarderLogGroup/) } },
  });
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  expect(queue).toMatchObject({ FifoQueue: true, DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId', SqsManagedSseEnabled: true, VisibilityTimeout: 60, MaximumMessageSize: 1_048_576 });
  expect(deadLetters).toEqual([expect.objectContaining({ FifoQueue: true, SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 })]);
  const objects = { 'Fn::Join': ['', [arnOf('.*ForwarderBucket'), '/*']] };
  expect(statements).toEqual(expect.arrayContaining([
    { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: arnOf(id) },
    { Effect: 'Allow', Action: 's3:PutObject', Resource: objects },
    { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arnOf('.*ForwarderLogGroup') },
  ]));
  expect(allowedTo(template, /^ApiRole/)).toEqual(expect.arrayContaining([
    { Effect: 'Allow', Action: 's3:GetObject', Resource: objects },
    expect.objectContaining({ Action: expect.arrayContaining(['sqs:ReceiveMessage', 'sqs:DeleteMessage']), Resource: arnOf(id) }),
  ]));
  expect(only(template, 'AWS::S3::Bucket')).toMatchObject({
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    LifecycleConfiguration: { Rules: [expect.objectContaining({ ExpirationInDays: 30, Status: 'Enabled' })] },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
  });
}

/** A template whose VPC, made up for tests, has names that the linter takes. */
export function lintable(template: Template): Template {
  const text = JSON.stringify(template.toJSON()).replaceAll('"vpc-1"', '"vpc-00000001"').replace(/"private-(\d)"/g, '"subnet-0000000$1"');
  return Template.fromJSON(JSON.parse(text));
}
