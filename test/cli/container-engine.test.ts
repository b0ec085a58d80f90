import { wayFrom } from '../../cli/src/containers/engine';
import { commandOf, variablesOf } from '../../cli/src/containers/run-arguments';

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

test('values go through the environment of the client, but for names that the client reads itself', () => {
  expect(variablesOf({ SECRET: 'hush', PATH: '/bin', DOCKER_HOST: 'tcp://other', EMPTY: '' })).toEqual({
    args: ['--env', 'SECRET', '--env', 'PATH=/bin', '--env', 'DOCKER_HOST=tcp://other', '--env', 'EMPTY'],
    env: { SECRET: 'hush', EMPTY: '' },
  });
});

test.each([
  ['the image\'s own', {}, ['image']],
  ['another command', { Command: ['a', 'b'] }, ['image', 'a', 'b']],
  ['another entry with arguments', { EntryPoint: ['entry', 'first'], Command: ['a'], WorkingDirectory: '/w' }, ['--workdir', '/w', '--entrypoint', 'entry', 'image', 'first', 'a']],
])('a container runs %s', (_what, config, args) => {
  expect(commandOf(config, 'image')).toEqual(args);
});
