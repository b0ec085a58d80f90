/** Defines the program `cdk-hybrid`: reads the command line, runs the command, sets the exit code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAssembly } from './assembly';
import { build } from './commands/build';
import { invoke } from './commands/invoke';
import { list } from './commands/list';
import { local } from './commands/local';
import { CliError, tell } from './errors';
import { HELP, parseOptions } from './options';

/** Wrong usage or input; a function that fails exits with 1. */
const EXIT_INPUT = 2;

async function run(argv: readonly string[]): Promise<number> {
  const options = parseOptions(argv);
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if (options === 'version') {
    const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as { version: string };
    process.stdout.write(`${version}\n`);
    return 0;
  }
  switch (options.command) {
    case 'list': return list(readAssembly(options.app));
    case 'invoke': return invoke(readAssembly(options.app), options);
    case 'build': return build(readAssembly(options.app), options).catch(endedByEngine);
    default: return local(options);
  }
}

/** A build keeps the exit code of what failed. */
function endedByEngine(error: unknown): number {
  if (!(error instanceof CliError) || error.exitCode === undefined) throw error;
  tell(error.message);
  return error.exitCode;
}

run(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error: Error) => {
  tell(error instanceof CliError ? error.message : error.stack ?? String(error));
  process.exitCode = EXIT_INPUT;
});
