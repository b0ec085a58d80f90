/** Defines what containers of any kind are run with: their environment, their command. */
import { PrivateFile } from './private-file';
import { CliError } from '../errors';

export interface Variables {
  readonly args: readonly string[];
  /** Added to the environment of the client. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Puts down the file that the arguments may name, before the client starts.
   * @returns what removes it: once the container is made, nobody reads it
   */
  write(): () => void;
}

/**
 * What clients of container engines, and the programs that they start, read themselves: such a variable must not change what the
 * client does.
 */
const OF_CLIENT = new RegExp(`^(${[
  'PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'DBUS_', 'XDG_', 'LD_', 'DYLD_', 'GO[A-Z]+$',
  'DOCKER_', 'BUILDKIT_', 'BUILDX_', 'COMPOSE_', '_?CONTAINERS?_', 'PODMAN_', 'BUILDAH_', 'STORAGE_', 'REGISTRY_', 'NERDCTL_', 'CONTAINERD_', 'CNI_', 'NETAVARK_',
  'FINCH_', 'LIMA_', 'SSH_(AUTH|ASKPASS|AGENT|CONNECTION|CLIENT|TTY|SK|PKCS11|USER)',
].join('|')})`);
/** Names are equal in any case, and programs need a lot of them. */
const OF_WINDOWS = /^(PATHEXT|COMSPEC|SYSTEM|WINDIR|TEMP|TMP|APPDATA|LOCALAPPDATA|PROGRAM|USERPROFILE|HOMEDRIVE|HOMEPATH)/i;

/**
 * Others can read command lines: a variable goes by name there, and by value in the environment of the client. One that the client
 * would take for its own goes in a file, which engines read line by line.
 *
 * @param who what errors name
 */
export function variablesOf(values: Readonly<Record<string, string>>, who: string): Variables {
  const isOfClient = (name: string): boolean => OF_CLIENT.test(name) || (process.platform === 'win32' && OF_WINDOWS.test(name));
  const all = Object.entries(values);
  const ofClient = all.filter(([name]) => isOfClient(name));
  const broken = ofClient.find(([, value]) => /[\r\n]/.test(value));
  if (broken) {
    throw new CliError('CONTAINER_VARIABLE', `${who}: the value of ${broken[0]} has several lines, which only variables can have that no container engine reads itself`);
  }
  const others = all.filter(([name]) => !isOfClient(name));
  const lines = ofClient.map(([name, value]) => `${name}=${value}\n`);
  const file = lines.length > 0 ? new PrivateFile(lines.join('')) : undefined;
  return {
    args: [...others.flatMap(([name]) => ['--env', name]), ...file ? ['--env-file', file.path] : []],
    env: Object.fromEntries(others),
    write: () => file?.write() ?? (() => {}),
  };
}

/** What a template has in place of an image's own ENTRYPOINT, CMD and WORKDIR, in the same words for Lambda and ECS. */
export interface ImageConfig {
  readonly EntryPoint?: readonly string[];
  readonly Command?: readonly string[];
  readonly WorkingDirectory?: string;
}

/** The end of the arguments of `run`. */
export function commandOf(config: ImageConfig, image: string): string[] {
  const { EntryPoint: [entry, ...rest] = [], Command: words = [], WorkingDirectory: directory } = config;
  return [...directory ? ['--workdir', directory] : [], ...entry ? ['--entrypoint', entry] : [], image, ...rest, ...words];
}
