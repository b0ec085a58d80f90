/**
 * Hybridless' example `ProcessABC`: a process of one's own Dockerfile, whose entry is `/bin/abc -d`, with three additional
 * files. The base image is Debian: .ci/prepare makes it locally, a user's container engine pulls it.
 */
import { join } from 'node:path';
import { AdditionalFile, HandlerRuntime } from '../../src/model/handler-runtime';
import { containerEngine } from '../real-parts';
import { BuiltImage, builtImage, Container, runToEnd } from './containers';

const FOLDER = join(__dirname, '../fixtures/seeds/process-abc');

const BINARY = { source: 'bin/abc', destination: 'abc' };

const processAbc = (name: string, dockerfile: string, binary: AdditionalFile[] = [], target?: string): BuiltImage => builtImage(name, FOLDER, () => ({
  handler: 'src/handler.handler',
  stage: 'staging',
  runtime: HandlerRuntime.container({
    dockerfile,
    target,
    entrypoint: '/bin/abc -d',
    additionalFiles: [
      { source: 'src', destination: 'application' },
      { source: 'config/includes', destination: 'includes' },
      { source: 'config/license.json', destination: 'license.json' },
      ...binary,
    ],
  }),
}));

(containerEngine() ? describe : describe.skip)('ProcessABC', () => {
  const working = async (target: string): Promise<Container> => {
    const { image, environment } = processAbc(`process-abc-${target}`, 'config/CustomDockerFile', [BINARY], target);
    const container = new Container(image, { environment, options: ['--read-only', '--memory=64m'] });
    await container.until('work', () => container.stdout.includes('abc: working\n'));
    return container;
  };

  test('runs its entry with the files where its Dockerfile put them, and knows where it is', async () => {
    const container = await working('abc');
    expect(container.stdout.split('\n').slice(0, -2)).toEqual([
      'abc: arguments -d',
      'abc: folder /var/task',
      "abc: /var/task/handler.js exports.handler = 'of the process';",
      'abc: /var/lib/includes.txt an include',
      'abc: /var/lib/deep/more.txt a deeper include',
      'abc: /etc/abc/license.json { "licensed": true }',
      'abc: ENTRYPOINT=/bin/abc -d',
      'abc: ENTRYPOINT_FUNC=handler',
      'abc: STAGE=staging',
      'abc: AWS_REGION=eu-west-1',
      'abc: AWS_ACCOUNT_ID=123456789012',
    ]);
    expect(container.stderr).toBe('');
  }, 120_000);

  test('stops when told, with ENTRYPOINT exec $ENTRYPOINT', async () => {
    const container = await working('stoppable');
    expect(await container.stop()).toBe(0);
    expect(container.stdout).toMatch(/abc: working\nabc: stopped\n$/);
  }, 120_000);

  test('taken literally cannot run: its licence makes a folder of /bin/abc, and the container says so', async () => {
    const { image, environment } = processAbc('process-abc-literal', 'config/literal.Dockerfile');
    const { status, stdout, stderr } = await runToEnd(image, { environment });
    expect({ status, stdout, stderr }).toEqual({ status: 126, stdout: '', stderr: expect.stringMatching(/\/bin\/abc: (Permission denied|Is a directory)\n$/) });
  }, 120_000);
});
