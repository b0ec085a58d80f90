/**
 * Secrets of a function on Lambda: read by the bundled programs from moto's server, which checks signatures and policies, and from servers that answer
 * as AWS does on bad days.
 */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootstrapProcess, NODE } from './bootstrap-process';
import { delivering, ScriptedService, type Answer, type Request } from './scripted-service';
import { motoServer } from '../../real-parts';
import { startMoto, type Moto } from '../moto';

const LAYERS = join(__dirname, '../../../layers');
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf';
const PARAMETER = 'arn:aws:ssm:eu-west-1:123456789012:parameter/app/key';
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'of-the-role' };

/** `/opt` of a layer, in a folder whose name a script has to quote. */
let opt: string;

beforeAll(() => {
  opt = join(mkdtempSync(join(tmpdir(), 'cdk-hybrid ')), 'opt');
  mkdirSync(join(opt, 'bin'), { recursive: true });
  symlinkSync(NODE, join(opt, 'bin/node'));
  cpSync(join(LAYERS, 'runtime/dist'), join(opt, 'cdk-hybrid/runtime'), { recursive: true });
  for (const [script, path] of Object.entries({ 'bootstrap': 'bootstrap', 'entrypoint': 'cdk-hybrid/entrypoint', 'exec-wrapper': 'cdk-hybrid/exec-wrapper', 'bootstrap-with-secrets': 'over/bootstrap' })) {
    cpSync(join(LAYERS, 'nodejs', script), join(opt, path));
    chmodSync(join(opt, path), 0o755);
  }
  // The layer that lies over another with the user's own bootstrap.
  cpSync(join(opt, 'cdk-hybrid'), join(opt, 'over/cdk-hybrid'), { recursive: true });
  mkdirSync(join(opt, 'over/bin'));
  symlinkSync(NODE, join(opt, 'over/bin/node'));
  writeFileSync(join(opt, 'over/own-bootstrap'), `#!/bin/sh\nexec "${NODE}" "${join(opt, 'cdk-hybrid/runtime/bootstrap.cjs')}"\n`, { mode: 0o755 });
});
afterAll(() => rmSync(join(opt, '..'), { recursive: true }));

interface Ended {
  /** What the handler gave, or nothing. */
  readonly result?: Record<string, unknown>;
  /** What was posted as the reason why it was never loaded. */
  readonly initError?: { errorType: string; errorMessage: string };
  readonly errorTypeHeader?: string;
  readonly output: string;
  readonly exit?: number | string;
}

/** Runs one invocation that asks for variables of the handler's environment. */
async function run(names: readonly string[], environment: Record<string, string>, command?: readonly [string, ...string[]]): Promise<Ended> {
  const service = await ScriptedService.start(delivering(JSON.stringify(names)));
  const bootstrap = new BootstrapProcess({ runtimeApi: service.address, handler: 'environment.handler', command, environment: { ...CREDENTIALS, ...environment } });
  try {
    const request = await Promise.race([service.request('/response'), service.request('/init/error'), bootstrap.exit.then(() => undefined)]);
    const { body = '', path = '', headers = {} } = request ?? service.requests.at(-1) ?? {};
    if (path.endsWith('/response')) return { result: JSON.parse(body) as Record<string, unknown>, output: bootstrap.stdout + bootstrap.stderr };
    const exit = await bootstrap.exit;
    return {
      initError: path.endsWith('/init/error') ? JSON.parse(body) as Ended['initError'] : undefined,
      errorTypeHeader: headers['lambda-runtime-function-error-type'],
      output: bootstrap.stdout + bootstrap.stderr,
      exit,
    };
  } finally {
    await bootstrap.kill();
    await service.stop();
  }
}

const same = (value: string) => ({ atLoad: value, now: value });

/** The programs that read secrets, each as what starts it. */
const WAYS: readonly [string, () => readonly [string, ...string[]] | undefined, Record<string, string>][] = [
  ['our bootstrap', () => undefined, {}],
  ['our bootstrap with several invocations at once', () => undefined, { AWS_LAMBDA_MAX_CONCURRENCY: '4', AWS_LAMBDA_NODEJS_WORKER_COUNT: '2' }],
  ['the entry of an image, for another bootstrap', () => [join(opt, 'cdk-hybrid/entrypoint'), '--', NODE, join(opt, 'cdk-hybrid/runtime/bootstrap.cjs')], {}],
  ['the wrapper of a managed runtime', () => [join(opt, 'cdk-hybrid/exec-wrapper'), NODE, join(opt, 'cdk-hybrid/runtime/bootstrap.cjs')], {}],
  ['the layer over one with another bootstrap', () => [join(opt, 'over/bootstrap')], {}],
];

const moto = motoServer();
(moto ? describe : describe.skip)('read from moto', () => {
  let aws: Moto;
  let whole: string;
  let fields: string;
  let binary: string;
  let allowed: Record<string, string>;
  const odd = 'it\'s "$HOME" `id` \\ \n line 2\n\n größe 💾';
  const parameter = (name: string) => `arn:aws:ssm:eu-west-1:123456789012:parameter/app/${name}`;

  beforeAll(async () => {
    aws = await startMoto(moto!);
    const secret = async (input: object) => (await aws.call<{ ARN: string }>('secretsmanager', 'secretsmanager.CreateSecret', input)).ARN;
    whole = await secret({ Name: 'whole', SecretString: odd });
    fields = await secret({ Name: 'app/fields', SecretString: JSON.stringify({ 'user': 'me', 'password': odd, 'port': 5432, 'tls': true, 'more': { a: [1] }, 'with-dash': 'x' }) });
    binary = await secret({ Name: 'binary', SecretBinary: Buffer.from('binary').toString('base64') });
    await aws.call('secretsmanager', 'secretsmanager.PutSecretValue', { SecretId: fields, SecretString: '{"user":"pending"}', VersionStages: ['NEXT'] });
    await aws.call('ssm', 'AmazonSSM.PutParameter', { Name: '/app/plain', Type: 'String', Value: 'plain' });
    await aws.call('ssm', 'AmazonSSM.PutParameter', { Name: '/app/secure', Type: 'SecureString', Value: 'decrypted' });
    for (let n = 0; n < 11; n++) await aws.call('ssm', 'AmazonSSM.PutParameter', { Name: `/app/many/${n}`, Type: 'String', Value: `value ${n}` });
    allowed = await keyWith([{ Effect: 'Allow', Action: ['secretsmanager:GetSecretValue', 'ssm:GetParameters'], Resource: '*' }], 'reader');
    await aws.enforce();
  }, 60_000);
  afterAll(() => aws.stop());

  /** The access key of a user with this policy. */
  async function keyWith(statements: object[], user: string): Promise<Record<string, string>> {
    const iam = async (parameters: Record<string, string>) => {
      const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x' };
      return (await fetch(aws.endpoint, { method: 'POST', headers, body: new URLSearchParams({ Version: '2010-05-08', UserName: user, ...parameters }) })).text();
    };
    await aws.enforce(3);
    await iam({ Action: 'CreateUser' });
    if (statements.length > 0) await iam({ Action: 'PutUserPolicy', PolicyName: 'p', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements }) });
    const key = await iam({ Action: 'CreateAccessKey' });
    const member = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(key)![1];
    await aws.enforce();
    return { AWS_ACCESS_KEY_ID: member('AccessKeyId'), AWS_SECRET_ACCESS_KEY: member('SecretAccessKey'), AWS_SESSION_TOKEN: '' };
  }

  const read = (secrets: Record<string, string>, environment: Record<string, string> = {}, command?: readonly [string, ...string[]]) =>
    run(Object.keys(secrets), { ...allowed, AWS_ENDPOINT_URL: aws.endpoint, HYBRID_SECRETS: JSON.stringify(secrets), ...environment }, command);

  test.each(WAYS)('%s has them in the environment before the handler is loaded, and takes the references out', async (_what, command, environment) => {
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`MANY_${n}`, parameter(`many/${n}`)]));
    const { result, output } = await read({
      WHOLE: whole,
      PASSWORD: `${fields}:password::`,
      PORT: `${fields}:port::`,
      TLS: `${fields}:tls::`,
      MORE: `${fields}:more::`,
      DASH: `${fields}:with-dash::`,
      NEXT_USER: `${fields}:user:NEXT:`,
      PLAIN: parameter('plain'),
      SECURE: parameter('secure'),
      VERSION: parameter('plain:1'),
      ...many,
    }, { HYBRID_ENVIRONMENT_SCHEMA: '{"PORT":{"kind":"integer","required":true}}', ...environment }, command());
    expect(result).toEqual({
      WHOLE: same(odd),
      PASSWORD: same(odd),
      PORT: same('5432'),
      TLS: same('true'),
      MORE: same('{"a":[1]}'),
      DASH: same('x'),
      NEXT_USER: same('pending'),
      PLAIN: same('plain'),
      SECURE: same('decrypted'),
      VERSION: same('plain'),
      ...Object.fromEntries(Object.keys(many).map((name, n) => [name, same(`value ${n}`)])),
      hybrid: [],
    });
    expect(output).toBe('');
  });

  test.each(WAYS)('%s fails the initialization when one does not exist', async (_what, command, environment) => {
    const { initError, errorTypeHeader, exit, output } = await read({ A: whole, B: `${whole}-gone`, C: parameter('gone') }, environment, command());
    expect(initError).toMatchObject({
      errorType: 'Runtime.SecretUnavailable',
      errorMessage: `secret 'B' (${whole}-gone) cannot be read: AWS Secrets Manager answered ResourceNotFoundException: Secrets Manager can't find the specified secret.; check that it exists in eu-west-1, and has a value of that version | `
        + `secret 'C' (${parameter('gone')}) does not exist: AWS Systems Manager has no such parameter; check its name and the region`,
    });
    expect(errorTypeHeader).toBe('Runtime.SecretUnavailable');
    expect(exit).toBe(1);
    expect(output).toContain('Runtime.SecretUnavailable');
    expect(output).not.toContain('line 2');
  });

  // moto says no more than the status; the words of AWS are below.
  test('a role that may not read them all: which not, and what to grant', async () => {
    const stranger = await keyWith([{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }], 'stranger');
    const { initError } = await read({ A: whole, P: parameter('plain') }, stranger);
    expect(initError!.errorMessage).toBe(`secret 'P' (${parameter('plain')}) cannot be read: AWS Systems Manager answered HTTP 403; `
      + 'let the function\'s role do ssm:GetParameters on it, and kms:Decrypt where it has a key of its own: grantRead() does both');
  });

  test('with a wrong key moto refuses the signature', async () => {
    const { initError } = await read({ A: whole }, { AWS_SECRET_ACCESS_KEY: 'wrong' });
    expect(initError!.errorMessage).toContain('AWS Secrets Manager answered HTTP 403');
  });

  test.each([
    ['a field that is not there', () => `${fields}:nothing::`, 'has no field \'nothing\'; add it to the secret, or correct the name of the field'],
    ['a field that every object has', () => `${fields}:constructor::`, 'has no field \'constructor\''],
    ['a field of a secret that is no JSON', () => `${whole}:user::`, 'is not a JSON object, so it has no field \'user\'; store one, or leave the field out'],
    ['a binary secret, as on ECS', () => binary, 'is binary, which is given to handlers nowhere; store text'],
  ])('%s is told, without the value', async (_what, reference, message) => {
    const { initError, output } = await read({ A: reference() });
    expect(initError!.errorMessage).toContain(`secret 'A' (${reference()}) ${message}`);
    expect(initError!.errorMessage + output).not.toContain('line 2');
  });
});

describe('without AWS', () => {
  test.each(WAYS)('%s tells in the initialization that a reference has another form', async (_what, command, environment) => {
    const { initError, exit, output } = await run([], { HYBRID_SECRETS: '{"API_KEY":"plain-name"}', ...environment }, command());
    expect(initError).toMatchObject({ errorType: 'Runtime.SecretUnavailable', errorMessage: expect.stringContaining('the reference of secret \'API_KEY\' must be arn:') });
    expect(exit).toBe(1);
    expect(output.trim().split('\n')).toHaveLength(1);
  });

  test.each(WAYS)('%s checks the schema, and tells all that is wrong in one line', async (_what, command, environment) => {
    const schema = JSON.stringify({ LIMIT: { kind: 'number' }, NEEDED: { required: true } });
    const { initError, exit } = await run([], { HYBRID_ENVIRONMENT_SCHEMA: schema, LIMIT: 'many', ...environment }, command());
    expect(initError).toMatchObject({
      errorType: 'Runtime.EnvironmentInvalid', errorMessage: 'the environment does not fit its schema: \'LIMIT\' must be a number; \'NEEDED\' is required and has no value',
    });
    expect(exit).toBe(1);
  });

  test.each(WAYS)('%s leaves a name that has a value already as it is, and asks nobody', async (_what, command, environment) => {
    const { result } = await run(['API_KEY'], { HYBRID_SECRETS: JSON.stringify({ API_KEY: SECRET }), API_KEY: 'by hand', AWS_ENDPOINT_URL: 'http://127.0.0.1:9', ...environment }, command());
    expect(result).toEqual({ API_KEY: same('by hand'), hybrid: [] });
  });

  test('without credentials that is said', async () => {
    const { initError } = await run([], { HYBRID_SECRETS: JSON.stringify({ A: SECRET }), AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    expect(initError!.errorMessage).toMatch(/^there are no credentials to read them with; Lambda sets AWS_ACCESS_KEY_ID/);
  });

  test('an endpoint that is no URL is said', async () => {
    const { initError } = await run([], { HYBRID_SECRETS: JSON.stringify({ A: SECRET }), AWS_ENDPOINT_URL_SECRETS_MANAGER: 'moto' });
    expect(initError!.errorMessage).toContain('AWS_ENDPOINT_URL_SECRETS_MANAGER must be an http or https URL, got \'moto\'');
  });

  test('the user\'s NODE_OPTIONS are not those of our program', async () => {
    const options = { NODE_OPTIONS: '--require=/nowhere/tracing.cjs', HYBRID_SECRETS: '{"A":"no"}' };
    const { initError } = await run([], options, [join(opt, 'cdk-hybrid/exec-wrapper'), 'true']);
    expect(initError!.errorType).toBe('Runtime.SecretUnavailable');
  });

  test('a layer without an engine of ours and no node anywhere: the command is not started', async () => {
    rmSync(join(opt, 'over/bin/node'));
    const { exit, output, initError } = await run([], { HYBRID_SECRETS: '{"A":"no"}', PATH: '/nowhere' }, ['/bin/sh', join(opt, 'over/bootstrap')]);
    symlinkSync(NODE, join(opt, 'over/bin/node'));
    expect({ exit, initError }).toEqual({ exit: 1, initError: undefined });
    expect(output).toMatch(/node: .*not found/);
  });
});

describe('when AWS', () => {
  const json = (status: string, body: object, headers = '') => {
    const text = JSON.stringify(body);
    return `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
  };
  const VALUE = json('200 OK', { ARN: SECRET, SecretString: 'the value' });
  const FOUND = json('200 OK', { Parameters: [{ Name: '/app/key', ARN: PARAMETER, Type: 'SecureString', Value: 'of the parameter' }], InvalidParameters: [] });

  /** A server that answers the requests one after the other; the last answer is for all that follow. */
  async function against(
    answers: Answer[], secrets: Record<string, string>, environment?: Record<string, string>,
  ): Promise<Ended & { requests: Request[] }> {
    const server = await ScriptedService.start(() => (answers.length > 1 ? answers.shift()! : answers[0]));
    try {
      const ended = await run(Object.keys(secrets), { HYBRID_SECRETS: JSON.stringify(secrets), AWS_ENDPOINT_URL: `http://${server.address}`, ...environment });
      return { ...ended, requests: server.requests };
    } finally {
      await server.stop();
    }
  }

  test.each<[string, Answer]>([
    ['throttles', json('400 Bad Request', { __type: 'ThrottlingException', message: 'Rate exceeded' })],
    ['throttles with a type that has a namespace', json('400 Bad Request', { __type: 'com.amazonaws#TooManyRequestsException' })],
    ['throttles with a type in a header', json('400 Bad Request', {}, 'x-amzn-ErrorType: ThrottlingException:http://internal\r\n')],
    ['says 429', json('429 Too Many Requests', {})],
    ['says 500', json('500 Internal Server Error', { __type: 'InternalServiceError' })],
    ['says 503 with a page', 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 6\r\n\r\n<html>'],
    ['closes the connection', ['close']],
    ['closes it in the middle of an answer', ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Secret', 'close']],
  ])('%s, it is asked again', async (_what, bad) => {
    const { result, requests } = await against([bad, bad, VALUE], { A: SECRET });
    expect(result).toEqual({ A: same('the value'), hybrid: [] });
    expect(requests).toHaveLength(3);
  });

  test('answers nothing, it is asked again on another connection', async () => {
    const { result, requests } = await against(['wait', VALUE], { A: SECRET });
    expect(result).toEqual({ A: same('the value'), hybrid: [] });
    expect(new Set(requests.map(({ connection }) => connection)).size).toBe(2);
  }, 20_000);

  test.each<[string, Answer, string]>([
    ['never answers', 'wait', '127.0.0.1:PORT did not answer in time; in a VPC the function needs a NAT gateway, or an interface endpoint for secretsmanager that it may reach'],
    ['always throttles', json('400 Bad Request', { __type: 'ThrottlingException', message: 'Rate exceeded' }), 'AWS Secrets Manager answered ThrottlingException: Rate exceeded; try again later, or check the reference'],
  ])('%s, the initialization fails while Lambda still listens', async (_what, answer, message) => {
    const { initError, requests } = await against([answer], { A: SECRET });
    expect(initError!.errorMessage.replace(/:\d+ did/, ':PORT did')).toBe(`secret 'A' (${SECRET}) cannot be read: ${message}`);
    expect(requests.length).toBeGreaterThan(1);
  }, 20_000);

  test.each<[string, object, string]>([
    ['refuses', { __type: 'AccessDeniedException', Message: 'User: arn:aws:sts::1:assumed-role/r is not authorized' }, 'AccessDeniedException: User: arn:aws:sts::1:assumed-role/r is not authorized; let the function\'s role do secretsmanager:GetSecretValue on it'],
    ['cannot decrypt', { __type: 'DecryptionFailure', Message: 'no key' }, 'DecryptionFailure: no key; let the function\'s role do kms:Decrypt with its key'],
    ['finds the token too old', { __type: 'ExpiredTokenException', Message: 'expired' }, 'ExpiredTokenException: expired; check the credentials of the function'],
  ])('%s, it is asked once', async (_what, body, message) => {
    const { initError, requests } = await against([json('400 Bad Request', body)], { A: SECRET });
    expect(initError!.errorMessage).toContain(`AWS Secrets Manager answered ${message}`);
    expect(requests).toHaveLength(1);
  });

  test('refuses one of several parameters, that one is told', async () => {
    const refusal = json('400 Bad Request', { __type: 'AccessDeniedException', Message: `no ssm:GetParameters on resource: ${PARAMETER}2` });
    const { initError } = await against([refusal], { A: 'arn:aws:ssm:eu-west-1:123456789012:parameter/other', B: `${PARAMETER}2` });
    expect(initError!.errorMessage).toMatch(new RegExp(`^secret 'B' \\(${PARAMETER}2\\) cannot be read: `));
  });

  test('is asked for a parameter with two names, one request does', async () => {
    const server = await ScriptedService.start(() => FOUND);
    const ended = await run(['A', 'B'], { HYBRID_SECRETS: JSON.stringify({ A: PARAMETER, B: PARAMETER }), AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ENDPOINT_URL_SSM: `http://${server.address}` });
    expect(ended.result).toEqual({ A: same('of the parameter'), B: same('of the parameter'), hybrid: [] });
    expect(server.requests).toHaveLength(1);
    const [{ method, path, body, headers }] = server.requests;
    expect({ method, path, body: JSON.parse(body) as object }).toEqual({ method: 'POST', path: '/', body: { Names: [PARAMETER], WithDecryption: true } });
    expect(headers).toMatchObject({ 'x-amz-target': 'AmazonSSM.GetParameters', 'x-amz-security-token': 'of-the-role', 'content-type': 'application/x-amz-json-1.1' });
    await server.stop();
  });

  test('gives credentials at an address, as with SnapStart, they are taken from there', async () => {
    const credentials = await ScriptedService.start(() => json('200 OK', { AccessKeyId: 'ASIAROLE', SecretAccessKey: 'x', Token: 'of-the-address' }));
    const { result, requests } = await against([VALUE], { A: SECRET }, {
      AWS_ACCESS_KEY_ID: '', AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${credentials.address}/2021-04-23/credentials`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'of-lambda',
    });
    expect(result).toEqual({ A: same('the value'), hybrid: [] });
    expect(requests[0].headers).toMatchObject({ 'x-amz-security-token': 'of-the-address', 'authorization': expect.stringContaining('Credential=ASIAROLE/') });
    expect(credentials.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([['/2021-04-23/credentials', 'of-lambda']]);
    await credentials.stop();
  });
});

test('a start without secrets loads none of this', () => {
  const bundle = readFileSync(join(LAYERS, 'runtime/dist/bootstrap.cjs'), 'utf8');
  expect(bundle).toContain('./preparation.cjs');
  expect(bundle).not.toContain('AWS4-HMAC-SHA256');
});

