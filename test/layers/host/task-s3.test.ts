/** Events and results of tasks in S3: the official client in the bundled host against moto's server, which stands in for S3. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, GetObjectCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { HostProcess, killHosts } from './host-process';
import { motoServer } from '../../real-parts';

const program = motoServer();
if (program) {
  let moto: ChildProcess;
  let endpoint: string;
  let client: S3Client;

  beforeAll(async () => {
    moto = spawn(program, ['-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    endpoint = await new Promise((resolve, reject) => {
      let text = '';
      moto.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const port = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        if (port) resolve(`http://127.0.0.1:${port}`);
      });
      moto.once('exit', () => reject(new Error(`moto_server ended: ${text}`)));
    });
    client = new S3Client({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, forcePathStyle: true });
    const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket: 'events', Key, Body }));
    await client.send(new CreateBucketCommand({ Bucket: 'events', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
    await put('in/größe 1+2%20.json', JSON.stringify({ text: 'ü'.repeat(100_000) }));
    await put('limit.json', JSON.stringify('x'.repeat(6 * 1024 * 1024 - 2)));
    await put('over.json', JSON.stringify('x'.repeat(6 * 1024 * 1024 - 1)));
    await put('text.txt', 'no JSON\nat all');
    await put('private/event.json', '{}');
    await client.send(new PutBucketPolicyCommand({
      Bucket: 'events',
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'arn:aws:s3:::events/private/*' }] }),
    }));
  });
  afterEach(killHosts);
  afterAll(async () => {
    client.destroy();
    const gone = new Promise((resolve) => moto.once('exit', resolve));
    moto.kill('SIGKILL');
    await gone;
  });

  const task = (handler: string, environment: Record<string, string>, mode: Record<string, string> = {}) => new HostProcess({
    sources: 'task',
    handler,
    environment: {
      AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: endpoint, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_MAX_ATTEMPTS: '1', HOME: '/nonexistent', ...mode, ...environment,
    },
  });
  const stored = async (Key: string) => (await client.send(new GetObjectCommand({ Bucket: 'events', Key }))).Body!.transformToString();

  describe('an event in S3', () => {
    test.each([['isolated', {}], ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }]])('reaches the handler whole, its key as it is written (%s)', async (_invoker, mode) => {
      const host = task('forms.length', { HYBRID_EVENT_S3_URI: 's3://events/in/größe 1+2%20.json' }, mode as Record<string, string>);
      expect(await host.exit).toBe(0);
      expect(host.stdout).toBe('100011\n');
    });

    test('may have as many bytes as Lambda\'s, and no more', async () => {
      const host = task('forms.length', { HYBRID_EVENT_S3_URI: 's3://events/limit.json' });
      expect(await host.exit).toBe(0);
      expect(host.stdout).toBe('6291456\n');
      const over = task('forms.length', { HYBRID_EVENT_S3_URI: 's3://events/over.json' });
      expect(await over.exit).toBe(2);
      expect(over.stderr).toBe('cdk-hybrid: the event in s3://events/over.json is over 6291456 bytes; pass where the data is (an object in S3, say), not the data [CDK_HYBRID_HOST_EVENT_TOO_LARGE]\n');
    });

    test.each([
      ['s3://events/nothing.json', 'cannot read s3://events/nothing.json: NoSuchKey: .*EVENT_UNREADABLE'],
      ['s3://no-such-bucket/event.json', 'cannot read s3://no-such-bucket/event.json: NoSuchBucket: .*EVENT_UNREADABLE'],
      ['s3://events/private/event.json', 'cannot read s3://events/private/event.json: .*HTTP 403.*EVENT_UNREADABLE'],
      ['s3://events/text.txt', 'the event in s3://events/text.txt is not JSON: .*EVENT_INVALID'],
    ])('that is no good (%s) is told in one line with its code, and the handler is not loaded', async (uri, line) => {
      const host = task('loading.handler', { HYBRID_EVENT_S3_URI: uri });
      expect(await host.exit).toBe(2);
      expect(host.stderr).toMatch(new RegExp(`^cdk-hybrid: ${line}\\]\\n$`));
      expect(host.stdout).toBe('');
    });

    test('whose server cannot be reached, or that nobody gave credentials for, is told in one line', async () => {
      const unreachable = task('forms.async', { HYBRID_EVENT_S3_URI: 's3://events/limit.json', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' });
      expect(await unreachable.exit).toBe(2);
      expect(unreachable.stderr).toMatch(/^cdk-hybrid: cannot read s3:\/\/events\/limit.json: .*ECONNREFUSED.* \[CDK_HYBRID_HOST_EVENT_UNREADABLE\]\n$/);
      const stranger = task('forms.async', { HYBRID_EVENT_S3_URI: 's3://events/limit.json', AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' });
      expect(await stranger.exit).toBe(2);
      expect(stranger.stderr).toMatch(/^cdk-hybrid: cannot read .*CredentialsProviderError: .* \[CDK_HYBRID_HOST_EVENT_UNREADABLE\]\n$/);
    });

    test('is read with the role of the task, from ECS\'s endpoint for credentials', async () => {
      const asked: (string | undefined)[] = [];
      const credentials = await listening(createServer((request, response) => {
        asked.push(`${request.url} ${request.headers.authorization}`);
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ AccessKeyId: 'ASIAROLE', SecretAccessKey: 'x', Token: 't', Expiration: new Date(Date.now() + 3_600_000).toISOString() }));
      }));
      const host = task('forms.length', {
        HYBRID_EVENT_S3_URI: 's3://events/limit.json',
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${credentials.url}/v2/credentials/1`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: 'of-the-agent',
      });
      expect(await host.exit).toBe(0);
      credentials.server.close();
      expect(asked).toEqual(['/v2/credentials/1 of-the-agent']);
    });

    test('that does not come does not hold up a stop; the task is left undone', async () => {
      let asked: () => void;
      const reading = new Promise<void>((resolve) => { asked = resolve; });
      const silent = await listening(createServer(() => asked()));
      const host = task('forms.async', { HYBRID_EVENT_S3_URI: 's3://events/limit.json', AWS_ENDPOINT_URL_S3: silent.url });
      await reading;
      host.signal('SIGTERM');
      expect(await host.exit).toBe(1);
      expect(host.stderr).toBe('cdk-hybrid: task: told to stop before the handler was called\n');
      silent.server.closeAllConnections();
      silent.server.close();
    });
  });

  describe('a result for S3', () => {
    test('is printed and written', async () => {
      const host = task('forms.async', { HYBRID_EVENT: '{"text":"ü"}', HYBRID_RESULT_S3_URI: 's3://events/out/result.json' });
      expect(await host.exit).toBe(0);
      expect(host.stdout).toBe('{"got":{"text":"ü"}}\n');
      expect(await stored('out/result.json')).toBe('{"got":{"text":"ü"}}');
    });

    test('of a handler that fails is neither printed nor written', async () => {
      const host = task('forms.throws', { HYBRID_EVENT: '{}', HYBRID_RESULT_S3_URI: 's3://events/out/failed.json' });
      expect(await host.exit).toBe(1);
      await expect(stored('out/failed.json')).rejects.toThrow('key');
    });

    test.each(['s3://no-such-bucket/result.json'])('that cannot be written (%s) is printed all the same, and the task exits with 1', async (uri) => {
      const host = task('forms.async', { HYBRID_EVENT: '{"n":1}', HYBRID_RESULT_S3_URI: uri });
      expect(await host.exit).toBe(1);
      expect(host.stdout).toBe('{"got":{"n":1}}\n');
      expect(host.stderr).toMatch(/^cdk-hybrid: cannot write s3:\/\/no-such-bucket\/result.json: NoSuchBucket: .* \[CDK_HYBRID_HOST_RESULT_UNWRITABLE\]$/m);
    });
  });
}

async function listening(server: Server): Promise<{ server: Server; url: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
