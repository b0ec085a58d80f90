/** Defines how a container is given its environment: by name on the command line, by value in the client's environment, since others can read command lines. */

export interface Variables {
  readonly args: readonly string[];
  /** Added to the environment of the client. */
  readonly env: Readonly<Record<string, string>>;
}

/** What clients of container engines read themselves: such a variable must not change what the client does. */
const OF_CLIENT = /^(PATH|HOME|USER|LANG|TMPDIR|DBUS_|XDG_|DOCKER_|BUILDKIT_|BUILDX_|COMPOSE_|CONTAINERS?_|PODMAN_|BUILDAH_|STORAGE_|REGISTRY_|NERDCTL_|CONTAINERD_|CNI_|NETAVARK_|FINCH_|LIMA_|SSH_|_CONTAINERS_)/;
/** Names are equal in any case, and programs need a lot of them. */
const OF_WINDOWS = /^(PATHEXT|COMSPEC|SYSTEM|WINDIR|TEMP|TMP|APPDATA|LOCALAPPDATA|PROGRAM|USERPROFILE|HOMEDRIVE|HOMEPATH)/i;

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
