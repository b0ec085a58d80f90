import { existsSync, readFileSync, statSync } from 'node:fs';
import { notingClient } from './noting-client';
import { argsForHost, wayFrom } from '../../cli/src/containers/engine';
import { commandOf, variablesOf } from '../../cli/src/containers/run-arguments';
import { inDirectory, workspace } from '../workspace';

const NETWORK_OF_THE_MACHINE = { args: ['--network', 'host'], host: '127.0.0.1' };

test.each([
  ['Docker on Linux', { OperatingSystem: 'Ubuntu 24.04.1 LTS' }, 'linux', 'docker', NETWORK_OF_THE_MACHINE],
  ['Podman on Linux', { host: { serviceIsRemote: false } }, 'linux', 'podman', NETWORK_OF_THE_MACHINE],
  ['Finch on Linux', {}, 'linux', 'finch', NETWORK_OF_THE_MACHINE],
  ['Docker Desktop on Linux', { OperatingSystem: 'Docker Desktop' }, 'linux', 'docker', { args: [], host: 'host.docker.internal' }],
  ['Docker Desktop on macOS', { OperatingSystem: 'Docker Desktop' }, 'darwin', 'docker', { args: [], host: 'host.docker.internal' }],
  ['another engine with Docker\'s client on macOS', { OperatingSystem: 'Ubuntu 24.04.1 LTS' }, 'darwin', 'docker', { args: [], host: 'host.docker.internal' }],
  ['a Podman machine', { host: { serviceIsRemote: true } }, 'win32', 'podman', { args: [], host: 'host.containers.internal' }],
  ['Finch on macOS', {}, 'darwin', '/usr/local/bin/finch', { args: ['--add-host', 'host.docker.internal:host-gateway'], host: 'host.docker.internal' }],
])('a container of %s reaches this machine', (_engine, info, platform, client, way) => {
  expect(wayFrom(info, platform, client)).toEqual(way);
});

// Source: "docker container run" in the reference of Docker's command line, Add entries to container hosts file.
test.each([
  ['Docker', '{"OperatingSystem":"Ubuntu 24.04.1 LTS"}', 'http://host.docker.internal:9324', ['--add-host', 'host.docker.internal:host-gateway']],
  ['Docker', '{"OperatingSystem":"Ubuntu 24.04.1 LTS"}', 'http://sqs.example.com', []],
  ['Podman', '{"host":{}}', 'http://host.docker.internal:9324', []],
])('a container of %s (%s) whose environment leads to %s', async (_engine, info, endpoint, args) => {
  const directory = workspace();
  const { path } = notingClient(directory, 'client', `echo '${info}'`);
  expect(await inDirectory(directory, { CDK_DOCKER: path }, () => argsForHost({ AWS_ENDPOINT_URL_SQS: endpoint }))).toEqual(args);
});

test('values go through the environment of the client; those of names that the client reads itself in a file for this user alone, which goes when it was read', () => {
  const { args, env, write } = variablesOf({ SECRET: 'hush', PATH: '/bin', REGISTRY_PASSWORD: 'hush "hush" $HUSH#', EMPTY: '', SSH_PRIVATE_KEY: 'several\nlines\n', LD_PRELOAD: '' }, 'Stack/It');
  expect(args).toEqual(['--env', 'SECRET', '--env', 'EMPTY', '--env', 'SSH_PRIVATE_KEY', '--env-file', expect.any(String)]);
  expect(env).toEqual({ SECRET: 'hush', EMPTY: '', SSH_PRIVATE_KEY: 'several\nlines\n' });
  const file = args[args.length - 1];
  expect(existsSync(file)).toBe(false);
  const first = write();
  expect(readFileSync(file, 'utf8')).toBe('PATH=/bin\nREGISTRY_PASSWORD=hush "hush" $HUSH#\nLD_PRELOAD=\n');
  if (process.platform !== 'win32') expect(statSync(file).mode.toString(8)).toBe('100600');
  const second = write();
  first();
  expect(existsSync(file)).toBe(true);
  second();
  expect(existsSync(file)).toBe(false);
});

test('several lines in a variable that the client reads itself are refused, and not shown', () => {
  expect(() => variablesOf({ DOCKER_AUTH_CONFIG: '{\n}' }, 'Stack/It'))
    .toThrow(/^Stack\/It: the value of DOCKER_AUTH_CONFIG has several lines, [^\n]*; rename the variable .*\[CDK_HYBRID_CLI_CONTAINER_VARIABLE\]$/);
});

test.each([
  ['the image\'s own', {}, ['image']],
  ['another command', { Command: ['a', 'b'] }, ['image', 'a', 'b']],
  ['another entry with arguments', { EntryPoint: ['entry', 'first'], Command: ['a'], WorkingDirectory: '/w' }, ['--workdir', '/w', '--entrypoint', 'entry', 'image', 'first', 'a']],
])('a container runs %s', (_what, config, args) => {
  expect(commandOf(config, 'image')).toEqual(args);
});
