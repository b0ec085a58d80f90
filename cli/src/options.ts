/** Defines the command line: commands, options, their help text. */
import { parseArgs } from 'node:util';
import { CliError } from './errors';

export const HELP = `Usage: cdk-hybrid <command> [options]

Runs the functions of a synthesized CDK app on this machine, whatever their compute, without an AWS account. Only
containers need a container engine: the one that the variable CDK_DOCKER names (docker, podman, finch; default: docker).

Commands:
  list                    the functions of the app: what each is, and when it runs
  invoke <function>       invokes a function, a task or a job once: the result on stdout, its logs on stderr
  local                   serves functions, tasks and jobs at the URL that the AWS CLI and SDKs use, and starts services
                          and processes
  build <function>        builds its container image: the image's name on stdout, the engine's words on stderr

A function is named by its construct path (Prod/Stack/Hello), the end of it (Stack/Hello, Hello), its logical id or its
FunctionName.

Options:
  --app, --output <dir>   the cloud assembly (default: cdk.out)
  --event <event>         invoke: JSON, a file with JSON, or - for stdin (default: {})
  --trigger <kind>        invoke: instead of --event the event that AWS sends for this trigger of the function: queue, topic,
                          bucket, schedule, eventPattern, tableStream, dataStream, logGroup, httpApi, restApi, functionUrl,
                          loadBalancer, userPool; of several the one of that name: queue:Orders. That of a service goes into
                          its queue at the SQS server that AWS_ENDPOINT_URL_SQS names
  --body, --key, --method, --path <text>
                          invoke --trigger: of the message or request, of the object
  --set <path=value>      invoke --trigger: another field of the event (Records.0.body=hello); may be repeated
  --print                 invoke --trigger: prints the event, and does not invoke the function
  --env <NAME=VALUE>      an environment variable for the function; may be repeated
  --env-file <file>       a file with NAME=VALUE lines, secrets for example; --env wins over it. Also --from-env-file:
                          Node.js 20 and 22 read --env-file themselves as well
  --port <port>           local: the port (default: 3001; 0 = any free one)
  --host <address>        local: the address to listen on (default: 127.0.0.1)
  --publish <name=port>   local: the port of this machine for a container; may be repeated (default: any free one)
  --watch                 local: synthesizes the app when a file of this folder changes, and runs what has changed anew
  --synth <command>       local --watch: what synthesizes the app (default: npx cdk synth --quiet)
  --no-synth              local --watch: something else does, such as cdk watch
  --all                   build: all images of the app
  --tag <name>            build: the name that the image gets
  --help                  this text
  --version               the version

Exit codes: 0 success, 1 the function failed, 2 wrong usage or input; of a task its own, of a failed build the engine's.
`;

export interface Options {
  readonly command: string;
  readonly args: readonly string[];
  readonly app: string;
  readonly event?: string;
  readonly trigger?: string;
  readonly body?: string;
  readonly key?: string;
  readonly method?: string;
  readonly path?: string;
  readonly set: readonly string[];
  readonly print: boolean;
  readonly env: readonly string[];
  readonly envFiles: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly publish: readonly string[];
  readonly watch: boolean;
  /** undefined when something else synthesizes. */
  readonly synth?: string;
  readonly all: boolean;
  readonly tag?: string;
}

/** What makes the event of a trigger another one. */
const FOR_TRIGGER = ['body', 'key', 'method', 'path', 'set', 'print'] as const;

/** The options that each command takes besides --app, --help and --version. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  list: [],
  invoke: ['event', 'trigger', ...FOR_TRIGGER, 'env', 'env-file', 'from-env-file'],
  local: ['env', 'env-file', 'from-env-file', 'port', 'host', 'publish', 'watch', 'synth', 'no-synth'],
  build: ['all', 'tag'],
};
const COMMON = ['app', 'output', 'help', 'version'];

/** 'help' and 'version' are answers of their own. */
export function parseOptions(argv: readonly string[]): Options | 'help' | 'version' {
  const { values, positionals } = parse(argv);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [command, ...args] = positionals;
  if (command === undefined) throw new CliError('USAGE', `no command given, expected one of ${Object.keys(COMMANDS).join(', ')}`);
  if (!Object.hasOwn(COMMANDS, command)) throw new CliError('USAGE', `unknown command '${command}', expected one of ${Object.keys(COMMANDS).join(', ')}`);
  for (const name of Object.keys(values)) {
    if (!COMMON.includes(name) && !COMMANDS[command].includes(name)) throw new CliError('USAGE', `'${command}' takes no option --${name}`);
  }
  for (const name of ['synth', 'no-synth'] as const) {
    if (values[name] !== undefined && !values.watch) throw new CliError('USAGE', `--${name} is for --watch`);
  }
  for (const name of FOR_TRIGGER) {
    if (values[name] !== undefined && values.trigger === undefined) throw new CliError('USAGE', `--${name} is for --trigger`);
  }
  if (values.trigger !== undefined && values.event !== undefined) throw new CliError('USAGE', '--trigger and --event exclude each other');
  if (values.synth !== undefined && values['no-synth']) throw new CliError('USAGE', '--synth and --no-synth exclude each other');
  if (values.all && values.tag !== undefined) throw new CliError('USAGE', '--tag is for one image, not for --all');
  const wanted = command === 'invoke' || (command === 'build' && !values.all) ? 1 : 0;
  if (args.length !== wanted) {
    const given = args.length === 0 ? 'none' : args.map((arg) => `'${arg}'`).join(', ');
    throw new CliError('USAGE', `'${command}' takes ${wanted === 1 ? 'one function' : 'no argument'}, got ${given}`);
  }
  return {
    command,
    args,
    app: values.app ?? values.output ?? 'cdk.out',
    event: values.event,
    trigger: values.trigger,
    body: values.body,
    key: values.key,
    method: values.method,
    path: values.path,
    set: values.set ?? [],
    print: values.print ?? false,
    env: values.env ?? [],
    envFiles: [...values['env-file'] ?? [], ...values['from-env-file'] ?? []],
    port: portOf(values.port ?? '3001'),
    host: values.host ?? '127.0.0.1',
    publish: values.publish ?? [],
    watch: values.watch ?? false,
    synth: values['no-synth'] ? undefined : values.synth ?? 'npx cdk synth --quiet',
    all: values.all ?? false,
    tag: values.tag,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        'app': { type: 'string' },
        'output': { type: 'string' },
        'event': { type: 'string' },
        'trigger': { type: 'string' },
        'body': { type: 'string' },
        'key': { type: 'string' },
        'method': { type: 'string' },
        'path': { type: 'string' },
        'set': { type: 'string', multiple: true },
        'print': { type: 'boolean' },
        'env': { type: 'string', multiple: true },
        'env-file': { type: 'string', multiple: true },
        'from-env-file': { type: 'string', multiple: true },
        'port': { type: 'string' },
        'host': { type: 'string' },
        'publish': { type: 'string', multiple: true },
        'watch': { type: 'boolean' },
        'synth': { type: 'string' },
        'no-synth': { type: 'boolean' },
        'all': { type: 'boolean' },
        'tag': { type: 'string' },
        'help': { type: 'boolean', short: 'h' },
        'version': { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new CliError('USAGE', (error as Error).message.split('. ')[0]);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new CliError('PORT_UNUSABLE', `--port must be a number from 0 to 65535, got '${text}'`);
  return port;
}
