/** Defines every error that the CLI reports, with its stable code and how to mend it. docs/errors.md lists the same codes; a test compares the two. */

export const CLI_ERRORS = {
  ARCHIVE_INVALID: 'run `npx cdk synth` again',
  ASSEMBLY_NOT_FOUND: 'run `npx cdk synth` first, or name the folder with --app',
  ASSEMBLY_UNREADABLE: 'run `npx cdk synth` again',
  ASSET_MISSING: 'cdk.out is incomplete: run `npx cdk synth` again',
  ASSET_UNKNOWN: 'only code that is an asset of this assembly can be run: use HandlerCode or lambda.Code.fromAsset()',
  BOOTSTRAP_NOT_EXECUTABLE: 'chmod +x the file, and build and synthesize again',
  BOOTSTRAP_NOT_FOUND: 'add a layer made by CustomRuntimeLayer, or an executable file `bootstrap` to the code',
  CONTAINER_ENGINE_MISSING: 'install Docker, Podman or Finch, or name the client of another engine in the variable CDK_DOCKER',
  CONTAINER_ENGINE_STOPPED: 'start the container engine, or name the client of another one in the variable CDK_DOCKER',
  CONTAINER_IMAGE: 'only images that the app builds can be built and run here: use DockerImageCode.fromImageAsset() or ContainerImage.fromAsset()',
  CONTAINER_NOT_STARTED: 'read what the container engine says above',
  CONTAINER_NO_TASK: '`npx cdk-hybrid local` starts it and serves its routes; invoke runs functions, tasks and jobs, and sends a service the events of its queues (--trigger)',
  CONTAINER_VARIABLE: 'rename the variable (not PATH, HOME, DOCKER_..., REGISTRY_... or the like), or give a value of one line',
  ENGINE_UNAVAILABLE: 'connect to the npm registry once (the engine is kept afterwards), or run the CLI with that Node.js version',
  ENV_INVALID: 'write --env NAME=VALUE, and one NAME=VALUE per line in the file of --env-file',
  EVENT_INVALID: 'give JSON, the path of a file with JSON, or - for the standard input',
  EVENT_TOO_LARGE: 'pass where the data is (an object in S3, say), not the data',
  FUNCTION_AMBIGUOUS: 'give the whole construct path',
  FUNCTION_UNKNOWN: '`npx cdk-hybrid list` shows the functions of the assembly',
  HOST_UNUSABLE: 'give an address of this machine with --host',
  IMAGE_ARCHITECTURE: 'set the platform of the image, or the architecture of what runs it, so that they agree',
  IMAGE_BUILD: 'read what the container engine says above, and mend the Dockerfile, its base image or what it copies',
  IMAGE_BUILDER: 'install buildx (Docker 23 or later), or name podman or finch in the variable CDK_DOCKER',
  NO_IMAGE: 'only container images are built; functions of code need no build',
  PLATFORM_MISMATCH: 'use a layer made by CustomRuntimeLayer, which also runs elsewhere, or a machine of that kind',
  PORT_UNUSABLE: 'give another one with --port',
  PUBLISH_INVALID: 'write --publish CONTAINER=PORT with a container that has a port mapping',
  QUEUE_SERVER_MISSING: 'set it to that of `npx cdk-hybrid local` (http://localhost:9324, say), or see the event with --print',
  QUEUE_UNUSABLE: 'start the server that AWS_ENDPOINT_URL_SQS names, or unset the variable',
  RUNTIME_UNSUPPORTED: 'only provided.*, nodejs* and container images can be run here',
  SET_INVALID: 'write --set PATH=VALUE with a path into the event, such as Records.0.body; --print shows the event',
  SYNTH: 'read what it says above, and mend the app, or give the right command with --synth',
  TRIGGER_AMBIGUOUS: 'give one of these with --trigger',
  TRIGGER_UNKNOWN: 'give one that it has with --trigger, or an event of your own with --event',
  USAGE: '`npx cdk-hybrid --help` shows commands and options',
  WATCH: 'raise the limit of watched files (on Linux: sysctl fs.inotify.max_user_watches), or do without --watch',
} as const;

export type ErrorCode = keyof typeof CLI_ERRORS;

/** An error of the user's input: one line, a stable code, exit code 2. */
export class CliError extends Error {
  readonly code: string;

  /**
   * @param what what was given, and what is accepted
   * @param exitCode that of the program that failed, where there is one
   */
  constructor(code: ErrorCode, what: string, readonly exitCode?: number) {
    super(`${what}; ${CLI_ERRORS[code]} [CDK_HYBRID_CLI_${code}]`.replace(/\s*\n\s*/g, ' | '));
    this.code = `CDK_HYBRID_CLI_${code}`;
  }
}

/**
 * What a function wrote, on stderr. Line breaks within a message come as carriage returns, as Lambda wants them: in a terminal
 * each would overwrite what came before.
 */
export function tellLog(line: string, prefix = ''): void {
  process.stderr.write(`${line.split('\r').map((part) => prefix + part).join('\n')}\n`);
}

/** A line for people, on stderr: the standard output is for results alone. */
export function tell(line: string): void {
  process.stderr.write(`cdk-hybrid: ${line}\n`);
}
