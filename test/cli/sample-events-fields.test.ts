/** The events of `invoke --trigger` have the fields that AWS documents, all of them and no others, and are what @types/aws-lambda says. */
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { CloudWatchLogsEvent } from 'aws-lambda';
import * as ts from 'typescript';
import { cdkHybrid } from './command';
import { synthesizeTriggers } from './sample-events-app';
import * as documented from './sample-events-documented';
import { workspace } from '../workspace';

const { differences, USER_POOL, ...shapes } = documented;
const REQUEST = ['--path', '/orders/7?a=1', '--body', 'text'];
/** The types are those of handlers, which fill in what is null before. */
const userPoolType = (operation: string): string => `Unanswered<types.${operation}TriggerEvent>`;

/** What it is, its type in TypeScript, what AWS documents of it, and how it is asked for. */
const CASES: [string, string, documented.Shape, string[]][] = [
  ['a message of a standard queue', 'types.SQSEvent', shapes.QUEUE, ['All', 'queue:Orders']],
  ['a message of a FIFO queue', 'types.SQSEvent', shapes.FIFO_QUEUE, ['All', 'queue:Payments']],
  ['a notification of a topic', 'types.SNSEvent', shapes.TOPIC, ['All', 'topic']],
  ['a notification of a bucket', 'types.S3Event', shapes.BUCKET, ['All', 'bucket']],
  ['records of a table', 'types.DynamoDBStreamEvent', shapes.TABLE_STREAM, ['All', 'tableStream']],
  ['a record of a data stream', 'types.KinesisStreamEvent', shapes.DATA_STREAM, ['All', 'dataStream']],
  ['an event of a log group', 'types.CloudWatchLogsEvent', shapes.LOG_GROUP, ['All', 'logGroup']],
  ['an event of a bus', "types.EventBridgeEvent<'Ordered', { total: number; name: string }>", shapes.EVENT_PATTERN, ['All', 'eventPattern']],
  ['a rule that runs on a schedule', "types.EventBridgeEvent<'Scheduled Event', {}>", shapes.SCHEDULED_RULE, ['All', 'schedule:Hourly']],
  ['a schedule without an input', "types.EventBridgeEvent<'Scheduled Event', string>", shapes.SCHEDULER, ['All', 'schedule:Plain']],
  ['a request to an HTTP API', 'types.APIGatewayProxyEventV2', shapes.HTTP_API, ['All', 'httpApi', ...REQUEST]],
  ['a request to a REST API', 'RestApi', shapes.REST_API, ['All', 'restApi', ...REQUEST]],
  ['a request to a function URL', 'types.LambdaFunctionURLEvent', shapes.FUNCTION_URL, ['All', 'functionUrl', ...REQUEST]],
  ['a request to a load balancer', 'types.ALBEvent', shapes.LOAD_BALANCER, ['All', 'loadBalancer', ...REQUEST]],
  ['a request to a load balancer, with multi-value headers', 'types.ALBEvent', shapes.LOAD_BALANCER_MULTI_VALUE, ['MultiValue', 'loadBalancer', ...REQUEST]],
  ['a user pool, tokens, version 1', userPoolType('PreTokenGeneration'), shapes.TOKENS, ['TokensV1', 'userPool']],
  ['a user pool, tokens, version 2', userPoolType('PreTokenGenerationV2'), shapes.TOKENS_AND_SCOPES, ['TokensV2', 'userPool']],
  ['a user pool, tokens, version 3', userPoolType('PreTokenGenerationV2'), shapes.TOKENS_AND_SCOPES, ['TokensV3', 'userPool']],
  ...Object.entries(USER_POOL).map(([operation, shape]): [string, string, documented.Shape, string[]] =>
    [`a user pool, ${operation}`, userPoolType(operation), shape, ['All', `userPool:${operation}`]]),
];

const directory = workspace();
const events = new Map<string, unknown>();
beforeAll(async () => {
  synthesizeTriggers(directory);
  for (const [what, , , [name, ...trigger]] of CASES) {
    const { out, err } = await cdkHybrid(['invoke', name, '--print', '--trigger', ...trigger], { cwd: directory });
    events.set(what, err || JSON.parse(out));
  }
}, 120_000);

function logData(): unknown {
  const { awslogs: { data } } = events.get('an event of a log group') as CloudWatchLogsEvent;
  return JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString());
}

describe('has the fields that AWS documents, and no others:', () => {
  test.each(CASES)('%s', (what, _type, shape) => {
    expect(differences(events.get(what), shape)).toEqual([]);
  });

  test('the data of a log group', () => {
    expect(differences(logData(), shapes.LOG_DATA)).toEqual([]);
  });
});

test('what is missing, is not documented or has another type is seen', () => {
  const shape = { 'a': 'string', 'b?': { c: 'number' }, 'd': [{ e: 'string|null' }] } as const;
  expect(differences({ a: 'text', d: [] }, shape)).toEqual([]);
  expect(differences({ b: { c: '1', f: 1 }, d: [{ e: null }, { e: 2 }] }, shape)).toEqual(['a is missing', 'b.c is string, not number', 'b.f is not documented', 'd[1].e is number, not string|null']);
});

test('the types of @types/aws-lambda', () => {
  const typed: [string, unknown][] = [...CASES.map(([what, type]): [string, unknown] => [type, events.get(what)]), ['types.CloudWatchLogsDecodedData', logData()]];
  const program = `
    import type * as types from 'aws-lambda';
    type OrNull<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]: OrNull<T[K]> | null } : T;
    type Unanswered<E extends { request: object; response: object }> = E extends unknown
      ? Omit<E, 'request' | 'response'> & { request: OrNull<E['request']>; response: OrNull<E['response']> }
      : never;
    // Without an authorizer, the field is not there.
    type RestApi = Omit<types.APIGatewayProxyEvent, 'requestContext'> & {
      requestContext: Omit<types.APIGatewayProxyEvent['requestContext'], 'authorizer'>;
    };
    ${typed.map(([type, event], index) => `export const event${index}: ${type} = ${JSON.stringify(event)};`).join('\n')}`;
  expect(complaints(program)).toEqual([]);
  expect(complaints("import type * as types from 'aws-lambda'; export const event: types.SQSEvent = { Records: [], more: 1 };")).toEqual([expect.stringMatching(/'more' does not exist/)]);
}, 60_000);

/** What the compiler says of a program that stands beside this test. */
function complaints(text: string): string[] {
  const target = ts.ScriptTarget.ES2022;
  const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, target, module: ts.ModuleKind.CommonJS, types: [] };
  const host = ts.createCompilerHost(options);
  const name = join(__dirname, 'events-of-triggers.ts');
  const { getSourceFile, fileExists } = host;
  host.fileExists = (file) => file === name || fileExists(file);
  host.getSourceFile = (file, ...rest) => file === name ? ts.createSourceFile(file, text, target) : getSourceFile(file, ...rest);
  return ts.getPreEmitDiagnostics(ts.createProgram([name], options, host))
    .map(({ messageText, start = 0 }) => `${ts.flattenDiagnosticMessageText(messageText, ' ')} (${text.slice(start, start + 60)})`);
}
