/** Defines the command line: commands, options, their help text. */
import { parseArgs } from 'node:util';
import { CliError } from './errors';

export const HELP = `Usage: cdk-hybrid <command> [options]

Runs the Lambda functions of a synthesized CDK app on this machine, without Docker and without an AWS account.

Commands:
  list                    the functions of the app
  invoke <function>       invokes a function once: the result on stdout, its logs on stderr
  local                   serves every function at the URL that the AWS CLI and SDKs use

A function is named by its construct path (Stack/Hello), its construct id (Hello), its logical id or its FunctionName.

Options:
  --app, --output <dir>   the cloud assembly (default: cdk.out)
  --event <event>         invoke: JSON, a file with JSON, or - for stdin (default: {})
  --env <NAME=VALUE>      an environment variable for the function; may be repeated
  --env-file <file>       a file with NAME=VALUE lines; --env wins over it. Also --from-env-file: Node.js 20 and 22
                          read --env-file themselves as well
  --port <port>           local: the port (default: 3001; 0 = any free one)
  --host <address>        local: the address to listen on (default: 127.0.0.1)
  --help                  this text
  --version               the version

Exit codes: 0 success, 1 the function failed, 2 wrong usage or input.
`;

export interface Options {
  readonly command: string;
  readonly args: readonly string[];
  readonly app: string;
  readonly event?: string;
  readonly env: readonly string[];
  readonly envFiles: readonly string[];
  readonly port: number;
  readonly host: string;
}

/** The options that each command takes besides --app, --help and --version. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  list: [],
  invoke: ['event', 'env', 'env-file', 'from-env-file'],
  local: ['env', 'env-file', 'from-env-file', 'port', 'host'],
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
  const wanted = command === 'invoke' ? 1 : 0;
  if (args.length !== wanted) {
    const given = args.length === 0 ? 'none' : args.map((arg) => `'${arg}'`).join(', ');
    throw new CliError('USAGE', `'${command}' takes ${wanted === 1 ? 'one function' : 'no argument'}, got ${given}`);
  }
  return {
    command,
    args,
    app: values.app ?? values.output ?? 'cdk.out',
    event: values.event,
    env: values.env ?? [],
    envFiles: [...values['env-file'] ?? [], ...values['from-env-file'] ?? []],
    port: portOf(values.port ?? '3001'),
    host: values.host ?? '127.0.0.1',
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
        'env': { type: 'string', multiple: true },
        'env-file': { type: 'string', multiple: true },
        'from-env-file': { type: 'string', multiple: true },
        'port': { type: 'string' },
        'host': { type: 'string' },
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
