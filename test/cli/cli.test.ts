import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { Code, Function as Plain, Runtime } from 'aws-cdk-lib/aws-lambda';
import { OTHER_MAJOR, synthesizeApp, type TestApp } from './app';
import { bundlePrograms, cdkHybrid, executeCdkHybrid, startCdkHybrid, type Run } from './command';
import { serveLocally, type Local } from './local';
import { NEWEST } from '../../cli/src/engine';
import { addFiles } from '../workspace';

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'cdk-hybrid-cli-')));
const cache = join(directory, 'cache');
let app: TestApp;

beforeAll(() => {
  bundlePrograms();
  app = synthesizeApp(directory);
  writeFileSync(join(directory, 'big.json'), JSON.stringify('x'.repeat(6 * 1024 * 1024 + 1)));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const run = (args: string[], more: { cwd?: string; env?: Record<string, string | undefined>; input?: string } = {}): Promise<Run> =>
  cdkHybrid(args, { cwd: more.cwd ?? directory, env: { CDK_HYBRID_CACHE_DIR: cache, ...more.env }, input: more.input });

/** A process that has ended but whose end nobody has asked for yet counts as gone. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('list', () => {
  test('shows every function of the app, of its stages and of its nested stacks', async () => {
    const { code, out, err } = await run(['list']);
    expect([code, err]).toEqual([0, '']);
    const names = out.trim().split('\n').map((line) => line.split(/ {2,}/)[0]);
    expect(names.sort()).toEqual([
      ...['Fails', 'Hangs', 'Hello', 'Slow'].flatMap((id) => [`App/${id}`, `Prod/App/${id}`]),
      ...['Environment', 'Evil', 'FromBucket', 'Image', 'Inline', 'Layers', 'Lines', 'Managed', 'NamesOpt', 'Nested/Inner', 'NoBootstrap', 'Own', 'Parent', 'Python', 'Shared',
        'OtherArchitecture', 'OtherMajor', 'OtherOwn', 'Wrapped'].map((id) => `More/${id}`),
    ].sort());
    expect(out).toMatch(/^More\/Image +image +- /m);
    expect(out).toMatch(/^App\/Hello +layer +provided\.al2023 +(x86_64|arm64) +index\.hello$/m);
  });
});

describe('invoke', () => {
  test('prints the result on stdout and the logs on stderr', async () => {
    const { code, out, err } = await run(['invoke', 'App/Hello', '--event', '{"a":1}']);
    expect([code, JSON.parse(out)]).toEqual([0, { event: { a: 1 }, name: 'hello-by-name', memory: '256' }]);
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(err).toContain('a line of the handler');
    expect(err).toMatch(/START RequestId[^]*REPORT RequestId/);
  });

  test.each(['Inner', 'Nested/Inner', 'More/Nested/Inner', 'Own', 'Wrapped', 'More/Wrapped', 'More/Wrapped/Function'])('finds a function as %s', async (name) => {
    expect((await run(['invoke', name])).code).toBe(0);
  });

  test('finds a function by its logical id', async () => {
    const template = JSON.parse(readFileSync(join(app.output, 'More.template.json'), 'utf8'));
    const logicalId = Object.keys(template.Resources).find((id) => /^Managed[0-9A-F]{8}$/.test(id))!;
    expect((await run(['invoke', logicalId])).code).toBe(0);
  });

  test('takes the event from a file, from the standard input, or an empty object', async () => {
    writeFileSync(join(directory, 'event.json'), '\uFEFF{"from":"file"}\n');
    const events = [['--event', 'event.json'], ['--event', '-'], []].map((args) => run(['invoke', 'More/Own', ...args], { input: '{"from":"stdin"}' }));
    expect((await Promise.all(events)).map(({ out }) => JSON.parse(out).own)).toEqual([{ from: 'file' }, { from: 'stdin' }, {}]);
  });

  test('of a function that fails prints the error and exits with 1', async () => {
    const { code, out } = await run(['invoke', 'App/Fails']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ errorType: 'TypeError', errorMessage: 'broken on purpose' });
  });

  test('of a function that takes too long reports Lambda\'s timeout and exits with 1', async () => {
    const { code, out } = await run(['invoke', 'App/Hangs']);
    expect(code).toBe(1);
    expect(JSON.parse(out).errorMessage).toMatch(/^RequestId: [-0-9a-f]+ Error: Task timed out after 2.00 seconds$/);
  });

  test('gives the function the environment of its template, with what can be known here', async () => {
    const { out, err } = await run(['invoke', 'More/Environment'], { env: { SOMETHING_ELSE: 'x', AWS_PROFILE: 'mine', AWS_REGION: 'us-west-2' } });
    expect(JSON.parse(out)).toMatchObject({
      PLAIN: 'plain',
      REGION: 'eu-central-1',
      JOINED: 'stack-More',
      SUBSTITUTED: 'aws/${literal}/value',
      PARAMETER: 'from a parameter',
      AWS_REGION: 'eu-central-1',
      AWS_PROFILE: 'mine',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
    });
    expect(JSON.parse(out)).not.toHaveProperty('BUCKET');
    expect(JSON.parse(out)).not.toHaveProperty('SOMETHING_ELSE');
    expect(err.split('\n').filter((line) => line.startsWith('cdk-hybrid:'))).toEqual([
      expect.stringMatching(/^cdk-hybrid: More\/Environment: BUCKET is left out, only a deployment knows \{"Ref":"Bucket\w+"\}; give a value with --env BUCKET=\.\.\.$/),
    ]);
  });

  test('takes values from --env-file and --env, the latter wins, and warns no more', async () => {
    writeFileSync(join(directory, 'local.env'), '# comment\nPLAIN=from file\nBUCKET="a bucket"\n');
    const { out, err } = await run(['invoke', 'More/Environment', '--env-file', 'local.env', '--env', 'PLAIN=from=option', '--env', 'EMPTY=']);
    expect(JSON.parse(out)).toMatchObject({ PLAIN: 'from=option', BUCKET: 'a bucket', EMPTY: '' });
    expect(err).not.toContain('is left out');
  });

  test('takes lines of --env-file that a shell takes too', async () => {
    writeFileSync(join(directory, 'shell.env'), 'export PLAIN=exported\nexport  BUCKET=with spaces\nexport\tTABBED=with a tab\n');
    expect(JSON.parse((await run(['invoke', 'More/Environment', '--env-file', 'shell.env'])).out)).toMatchObject({ PLAIN: 'exported', BUCKET: 'with spaces', TABBED: 'with a tab' });
  });

  test('takes --from-env-file, which no Node.js reads as its own option', () => {
    writeFileSync(join(directory, 'own.env'), 'PLAIN=from file\nNODE_OPTIONS=--require ./only-in-the-function.js\n');
    const where = { cwd: directory, env: { CDK_HYBRID_CACHE_DIR: cache } };
    // The function has no such file: it fails, the program does not.
    expect(executeCdkHybrid(['invoke', 'More/Environment', '--from-env-file', 'own.env'], where)).toMatchObject({ code: 1, out: expect.stringContaining('Runtime exited') });
    const missing = executeCdkHybrid(['invoke', 'More/Environment', '--from-env-file', 'nope.env'], where);
    expect(missing).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^cdk-hybrid: .*nope\.env.*\[CDK_HYBRID_CLI_ENV_INVALID\]\n$/) });
  });

  test('prints a message of several lines as several lines', async () => {
    const { err } = await run(['invoke', 'More/Lines']);
    expect(err).toMatch(/\tfirst\nsecond\n/);
    expect(err).not.toContain('\r');
  });

  test('runs code outside the project: its package.json and its packages do not count', async () => {
    const project = mkdtempSync(join(directory, 'project-'));
    cpSync(app.output, join(project, 'cdk.out'), { recursive: true, verbatimSymlinks: true });
    addFiles(project, { 'package.json': '{"type":"module"}', 'node_modules/from-a-layer/index.js': 'module.exports = "of the project";' });
    const { code, out, err } = await run(['invoke', 'App/Hello', '--event', '1'], { cwd: project });
    expect([code, JSON.parse(out).event, err.includes('ES module')]).toEqual([0, 1, false]);
    expect(JSON.parse((await run(['invoke', 'More/Shared'], { cwd: project })).out)).toMatchObject({ errorMessage: expect.stringContaining('from-a-layer') });
    // A cache in the project is no part of it either; a relative name is one from where the user is.
    expect((await run(['invoke', 'App/Hello'], { cwd: project, env: { CDK_HYBRID_CACHE_DIR: '.cache' } })).code).toBe(0);
    expect((await run(['invoke', 'More/Own'], { cwd: project, env: { CDK_HYBRID_CACHE_DIR: '.cache' } })).code).toBe(0);
  });

  test('of a bootstrap that looks into /opt says how it runs here too', async () => {
    const { code, err } = await run(['invoke', 'More/NamesOpt']);
    expect(code).toBe(1);
    expect(err).toMatch(/^cdk-hybrid: More\/NamesOpt: its bootstrap names \/opt\/, where layers are on Lambda but not on this machine; \$\{0%\/\*\}\/ in its place /m);
    expect((await run(['invoke', 'App/Fails'])).err).not.toContain('/opt/');
  });

  test('that is interrupted exits with 130 and leaves no bootstrap behind', async () => {
    const child = startCdkHybrid(['invoke', 'App/Slow', '--event', '{"ms":60000}'], { cwd: directory, env: { CDK_HYBRID_CACHE_DIR: cache } });
    const closed = new Promise((resolve) => child.on('close', resolve));
    let err = '';
    const pid = await new Promise<number>((resolve) => child.stderr.on('data', (chunk) => {
      err += chunk;
      const match = /has begun in (\d+)\n/.exec(err);
      if (match) resolve(Number(match[1]));
    }));
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    while (isRunning(pid)) await new Promise(setImmediate);
  });

  test('merges layers, and leaves out what is not in the assembly with a warning', async () => {
    const { out, err } = await run(['invoke', 'More/Layers']);
    expect(out).toBe('"found"\n');
    expect(err).toContain('the layer arn:aws:lambda:eu-central-1:111122223333:layer:extension:1 is not in the assembly and is left out');
  });

  test('runs a function of AWS\'s own Node.js runtime with the same runtime program, and says so', async () => {
    const { out, err } = await run(['invoke', 'More/Managed', '--event', '1']);
    expect(JSON.parse(out)).toMatchObject({ event: 1 });
    expect(err).toMatch(/^cdk-hybrid: More\/Managed: nodejs\d+\.x is AWS's own; run here by the runtime program of cdk-hybrid on this Node\.js$/m);
  });

  test('runs a layer for another architecture with the same runtime program on this machine\'s Node.js, and says so', async () => {
    const { out, err } = await run(['invoke', 'OtherArchitecture', '--event', '1']);
    expect(JSON.parse(out)).toMatchObject({ event: 1 });
    expect(err).toMatch(/^cdk-hybrid: More\/OtherArchitecture: its layer is for linux \w+, this machine is \w+ \w+: the same runtime program runs on Node\.js [\d.]+ of/m);
  });

  test('fetches another Node.js through npm once, and keeps it', async () => {
    // A folder that stays: 100 MB are not downloaded for each run of the tests.
    const env = { CDK_HYBRID_CACHE_DIR: join(tmpdir(), 'cdk-hybrid-test-cache') };
    expect(JSON.parse((await run(['invoke', 'OtherMajor'], { env })).out)).toBe(`v${NEWEST[OTHER_MAJOR]}`);
    expect((await run(['invoke', 'OtherMajor'], { env: { ...env, npm_config_registry: 'http://127.0.0.1:9/' } })).code).toBe(0);
  });

  test('runs inline code', async () => {
    expect((await run(['invoke', 'More/Inline'])).out).toBe('"inline"\n');
  });

  test('runs any executable bootstrap, unpacked with its modes and links', async () => {
    expect((await run(['invoke', 'More/Own', '--event', '[1]'])).out).toBe('{"own":[1]}\n');
  });

  test('several at once share the cache, which then holds whole folders only', async () => {
    const fresh = join(directory, 'fresh-cache');
    const runs = await Promise.all([1, 2, 3].map(() => run(['invoke', 'More/Layers'], { env: { CDK_HYBRID_CACHE_DIR: fresh } })));
    expect(runs.map(({ out }) => out)).toEqual(['"found"\n', '"found"\n', '"found"\n']);
    const kept = readdirSync(join(fresh, 'local'), { recursive: true, encoding: 'utf8' });
    expect(kept.filter((name) => name.includes('tmp-'))).toEqual([]);
  });

  test('finds cdk.out elsewhere with --app or --output', async () => {
    expect((await run(['invoke', 'More/Inline', '--app', app.output], { cwd: tmpdir() })).code).toBe(0);
    expect((await run(['invoke', 'More/Inline', '--output', app.output], { cwd: tmpdir() })).code).toBe(0);
  });
});

describe('wrong input is one line on stderr, nothing on stdout, and exit code 2:', () => {
  test.each<[string, string[], string, string]>([
    ['a function that is not there', ['invoke', 'Nope'], 'FUNCTION_UNKNOWN', 'there is no function \'Nope\' in the assembly: it has '],
    ['a name of two functions', ['invoke', 'Hello'], 'FUNCTION_AMBIGUOUS', '\'Hello\' can be Prod/App/Hello or App/Hello'],
    ['no function', ['invoke'], 'USAGE', '\'invoke\' takes one function, got none'],
    ['two functions', ['invoke', 'A', 'B'], 'USAGE', 'got \'A\', \'B\''],
    ['no command', [], 'USAGE', 'no command given'],
    ['an unknown command', ['run'], 'USAGE', 'unknown command \'run\', expected one of list, invoke, local, build'],
    ['an unknown option', ['list', '--colour'], 'USAGE', 'Unknown option \'--colour\''],
    ['an option of another command', ['list', '--event', '{}'], 'USAGE', '\'list\' takes no option --event'],
    ['an event that is neither JSON nor a file', ['invoke', 'App/Hello', '--event', 'nope.json'], 'EVENT_INVALID', 'neither JSON nor an existing file: \'nope.json\''],
    ['an event that breaks', ['invoke', 'App/Hello', '--event', '{"a":1,}'], 'EVENT_INVALID', 'at position 7'],
    ['an event of more than 6 MB', ['invoke', 'App/Hello', '--event', 'big.json'], 'EVENT_TOO_LARGE', '6291459 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)'],
    ['--env of a name that Lambda sets', ['invoke', 'App/Hello', '--env', '_HANDLER=x.y'], 'ENV_INVALID', '--env sets _HANDLER, which is reserved'],
    ['an address that is none', ['local', '--host', '999.1.1.1', '--port', '0'], 'HOST_UNUSABLE', 'cannot listen on --host 999.1.1.1'],
    ['an event that is a folder', ['invoke', 'App/Hello', '--event', 'code'], 'EVENT_INVALID', '\'code\''],
    ['a file that is not JSON', ['invoke', 'App/Hello', '--event', 'code/index.js'], 'EVENT_INVALID', 'the file \'code/index.js\' of --event is not JSON'],
    ['a standard input that is not JSON', ['invoke', 'App/Hello', '--event', '-'], 'EVENT_INVALID', 'the standard input of --event is not JSON'],
    ['no cdk.out', ['list', '--app', 'nowhere'], 'ASSEMBLY_NOT_FOUND', 'no cloud assembly in \'nowhere\' (no manifest.json); run `npx cdk synth`'],
    ['--env without a value', ['invoke', 'App/Hello', '--env', 'NAME'], 'ENV_INVALID', '--env must be NAME=VALUE, got \'NAME\''],
    ['an image that is not in the assembly', ['invoke', 'More/Image'], 'CONTAINER_IMAGE', 'More/Image is the image 123456789012.dkr.ecr.eu-central-1.amazonaws.com/images:latest, which is no asset of stack More'],
    ['a runtime of another language', ['invoke', 'More/Python'], 'RUNTIME_UNSUPPORTED', 'More/Python has the runtime python3.12'],
    ['a function without a bootstrap', ['invoke', 'More/NoBootstrap'], 'BOOTSTRAP_NOT_FOUND', 'neither its code nor a layer holds a file \'bootstrap\''],
    ['code that is not in the assembly', ['invoke', 'More/FromBucket'], 'ASSET_UNKNOWN', 'More/FromBucket: its code is "code.zip", which is no asset of stack More'],
    ['a zip whose link leads outside', ['invoke', 'More/Evil'], 'ARCHIVE_INVALID', 'the archive\'s link out leads outside of it'],
    ['a zip with a name that leads outside', ['invoke', 'More/Parent'], 'ARCHIVE_INVALID', 'invalid relative path: ../escaped'],
    ['a bootstrap for another machine', ['invoke', 'OtherOwn'], 'PLATFORM_MISMATCH', 'More/OtherOwn: its bootstrap is for linux '],
    ['a port that is no number', ['local', '--port', 'http'], 'PORT_UNUSABLE', '--port must be a number from 0 to 65535, got \'http\''],
  ])('%s', async (_what, args, code, message) => {
    const { code: exit, out, err } = await run(args, { input: 'no json' });
    expect([exit, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toMatch(new RegExp(`^cdk-hybrid: [^\\n]*\\[CDK_HYBRID_CLI_${code}\\]\\n$`));
    expect(existsSync(join(cache, 'local/unpacked/escaped'))).toBe(false);
  });

  test('the end of several paths, which are named; the end of one alone is a name', async () => {
    const stages = new App({ outdir: join(directory, 'stages') });
    for (const [stage, ids] of [['Blue', ['Morning']], ['Green', ['Morning', 'Evening']]] as const) {
      const stack = new Stack(new Stage(stages, stage), 'Orders');
      for (const id of ids) new Plain(stack, id, { runtime: Runtime.PYTHON_3_13, code: Code.fromInline(' '), handler: 'index.handler' });
    }
    stages.synth();
    const said = async (name: string) => (await run(['invoke', name, '--app', 'stages'])).err;
    expect(await said('Orders/Morning')).toBe(
      'cdk-hybrid: \'Orders/Morning\' can be Blue/Orders/Morning or Green/Orders/Morning; give the whole construct path [CDK_HYBRID_CLI_FUNCTION_AMBIGUOUS]\n');
    // That it is of no runtime which runs here tells that it was found.
    expect(await said('Orders/Evening')).toContain(': Green/Orders/Evening has the runtime python3.13');
    expect(await said('rders/Evening')).toContain('there is no function \'rders/Evening\'');
  });

  test('an engine that npm cannot get', async () => {
    const env = { CDK_HYBRID_CACHE_DIR: join(directory, 'no-engine'), npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' };
    const { code, out, err } = await run(['invoke', 'OtherMajor'], { env });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/npm could not get node-\w+-\w+@[\d.]+: .*\[CDK_HYBRID_CLI_ENGINE_UNAVAILABLE\]\n$/);
    expect(readdirSync(join(directory, 'no-engine/local/engines'))).toEqual([]);
  });

  test('an --env-file that is not there', async () => {
    const { code, out, err } = await run(['invoke', 'App/Hello', '--env-file', 'nope.env']);
    // Node.js 20 and 22 read an option of this name itself, wherever it stands, and exit with 9.
    expect([[2, expect.stringContaining('[CDK_HYBRID_CLI_ENV_INVALID]')], [9, expect.stringContaining('not found')]]).toContainEqual([code, err]);
    expect([out, err.trim().split('\n').length]).toEqual(['', 1]);
    expect(err).toContain('nope.env');
  });

  /** A copy of cdk.out that a test may break. */
  function broken(breakIt: (output: string) => void): string {
    const output = mkdtempSync(join(directory, 'broken-'));
    cpSync(app.output, output, { recursive: true, verbatimSymlinks: true });
    breakIt(output);
    return output;
  }

  test.each<[string, string, (output: string) => void, string]>([
    ['a manifest that is cut off', 'ASSEMBLY_UNREADABLE', (output) => writeFileSync(join(output, 'manifest.json'), '{"version":'), 'manifest.json: '],
    ['a manifest of a form to come', 'ASSEMBLY_UNREADABLE', (output) => writeFileSync(join(output, 'manifest.json'), '{"version":"999.0.0"}'),
      '(schema 999.0.0) has no artifacts; schema 53 is the newest that this version of cdk-hybrid knows, update it'],
    ['a template that is not there', 'ASSEMBLY_UNREADABLE', (output) => rmSync(join(output, 'App.template.json')), 'App.template.json'],
    ['an asset that is not there', 'ASSET_MISSING', (output) => removeAssets(output), 'App/Hello: the asset '],
    ['a stale list of assets', 'ASSET_UNKNOWN', (output) => writeFileSync(join(output, 'App.assets.json'), '{"version":"48.0.0","files":{}}'), 'which is no asset of stack App'],
  ])('%s', async (_what, code, breakIt, message) => {
    const { code: exit, out, err } = await run(['invoke', 'App/Hello', '--app', broken(breakIt)]);
    expect([exit, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(err).toMatch(new RegExp(`^cdk-hybrid: [^\\n]*\\[CDK_HYBRID_CLI_${code}\\]\\n$`));
  });

  function removeAssets(output: string): void {
    for (const name of readdirSync(output)) {
      if (name.startsWith('asset.')) rmSync(join(output, name), { recursive: true });
    }
  }

  test('names are found where any version of the CDK writes them', async () => {
    const metadata = (change: (stack: any, output: string) => void): string => broken((copy) => {
      const file = join(copy, 'manifest.json');
      const manifest = JSON.parse(readFileSync(file, 'utf8'));
      for (const name of readdirSync(copy).filter((each) => each.endsWith('.template.json'))) {
        const template = JSON.parse(readFileSync(join(copy, name), 'utf8'));
        for (const resource of Object.values<any>(template.Resources)) delete resource.Metadata?.['aws:cdk:path'];
        writeFileSync(join(copy, name), JSON.stringify(template));
      }
      change(manifest.artifacts.App, copy);
      writeFileSync(file, JSON.stringify(manifest));
    });
    const move = (to: (stack: any) => any) => (stack: any, output: string): void => {
      const file = stack.additionalMetadataFile ?? stack.properties.additionalMetadataFile;
      const held = stack.metadata ?? JSON.parse(readFileSync(join(output, file), 'utf8'));
      delete stack.metadata;
      delete stack.properties.additionalMetadataFile;
      delete stack.additionalMetadataFile;
      writeFileSync(join(output, 'App.metadata.json'), JSON.stringify(held));
      to(stack).additionalMetadataFile = 'App.metadata.json';
    };
    for (const to of [(stack: any) => stack, (stack: any) => stack.properties]) {
      const { out } = await run(['list', '--app', metadata(move(to))]);
      expect(out).toMatch(/^App\/Hello /m);
    }
  });

  test('a newer manifest that still reads is read', async () => {
    const output = broken((copy) => {
      const manifest = JSON.parse(readFileSync(join(copy, 'manifest.json'), 'utf8'));
      writeFileSync(join(copy, 'manifest.json'), JSON.stringify({ ...manifest, version: '999.0.0' }));
    });
    expect((await run(['invoke', 'App/Hello', '--app', output])).code).toBe(0);
  });
});

describe('local', () => {
  const serve = (body: (local: Local) => Promise<void>): Promise<void> =>
    serveLocally({ cwd: directory, env: { CDK_HYBRID_CACHE_DIR: cache } }, body);

  const client = (endpoint: string): LambdaClient =>
    new LambdaClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, maxAttempts: 1 });

  test('serves every function to the AWS SDK, starts each when it is first invoked, and ends on SIGTERM with 0', async () => {
    await serve(async ({ url, lines, stop }) => {
      expect(lines()).toContain(`More/Own  ${url}/2015-03-31/functions/Own/invocations\n`);
      expect(lines()).toContain(`Prod/App/Hello  ${url}/2015-03-31/functions/Prod%2FApp%2FHello/invocations\n`);
      expect(lines()).not.toContain('START');
      const lambda = client(url);
      const invoke = (FunctionName: string) => lambda.send(new InvokeCommand({ FunctionName, Payload: '{"n":1}' }));
      expect(JSON.parse(Buffer.from((await invoke('App/Hello')).Payload!).toString())).toMatchObject({ event: { n: 1 } });
      expect(JSON.parse(Buffer.from((await invoke('Own')).Payload!).toString())).toEqual({ own: { n: 1 } });
      expect((await invoke('App/Fails')).FunctionError).toBe('Unhandled');
      await expect(invoke('Nope')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
      await expect(invoke('Hello')).rejects.toMatchObject({ name: 'InvalidParameterValueException', message: expect.stringContaining('\'Hello\' can be Prod/App/Hello or App/Hello') });
      await expect(invoke('More/Image')).rejects.toMatchObject({ name: 'ServiceException', message: expect.stringContaining('[CDK_HYBRID_CLI_CONTAINER_IMAGE]') });
      expect(lines()).toContain('[App/Hello] ');
      expect(await stop('SIGTERM')).toBe(0);
      lambda.destroy();
    });
  });

  test('finishes what is in flight before it ends on SIGINT', async () => {
    await serve(async ({ url, said, stop }) => {
      const reply = fetch(`${url}/2015-03-31/functions/App%2FSlow/invocations`, { method: 'POST', body: '{"ms":500}' });
      await said(/has begun/);
      const exit = stop('SIGINT');
      expect(await (await reply).json()).toBe('done');
      expect(await exit).toBe(0);
    });
  });

  test('says when its port is in use', async () => {
    await serve(async ({ url }) => {
      const { code, err } = await run(['local', '--port', new URL(url).port]);
      expect(code).toBe(2);
      expect(err).toMatch(/^cdk-hybrid: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*\[CDK_HYBRID_CLI_PORT_UNUSABLE\]\n$/);
    });
  });
});

test('--help and --version answer without a cloud assembly', async () => {
  const help = await run(['--help'], { cwd: tmpdir() });
  expect([help.code, help.err]).toEqual([0, '']);
  expect(help.out).toMatch(/^Usage: cdk-hybrid <command>/);
  expect(await run(['--version'], { cwd: tmpdir() })).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
});
