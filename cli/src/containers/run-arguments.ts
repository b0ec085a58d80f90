/** Defines what containers of any kind are run with: their environment, their command. */

export interface Variables {
  readonly args: readonly string[];
  /** Added to the environment of the client. */
  readonly env: Readonly<Record<string, string>>;
}

/** What clients of container engines read themselves: such a variable must not change what the client does. */
const OF_CLIENT = /^(PATH|HOME|USER|LANG|TMPDIR|DBUS_|XDG_|DOCKER_|BUILDKIT_|BUILDX_|COMPOSE_|CONTAINERS?_|PODMAN_|BUILDAH_|STORAGE_|REGISTRY_|NERDCTL_|CONTAINERD_|CNI_|NETAVARK_|FINCH_|LIMA_|SSH_|_CONTAINERS_)/;
/** Names are equal in any case, and programs need a lot of them. */
const OF_WINDOWS = /^(PATHEXT|COMSPEC|SYSTEM|WINDIR|TEMP|TMP|APPDATA|LOCALAPPDATA|PROGRAM|USERPROFILE|HOMEDRIVE|HOMEPATH)/i;

/** By name on the command line, by value in the environment of the client: others can read command lines. */
export function variablesOf(values: Readonly<Record<string, string>>): Variables {
  const env: Record<string, string> = {};
  const args: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const ofClient = OF_CLIENT.test(name) || (process.platform === 'win32' && OF_WINDOWS.test(name));
    args.push('--env', ofClient ? `${name}=${value}` : name);
    if (!ofClient) env[name] = value;
  }
  return { args, env };
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
