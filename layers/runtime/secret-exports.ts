/**
 * Defines the program that reads the secrets of a function whose bootstrap is not ours: it prints shell commands that put them into the environment,
 * or tells Lambda why it cannot. Values are on no command line.
 */
import { formatError } from './core/error-format';
import { prepareEnvironment } from './preparation';
import { RuntimeApiClient } from './sources/runtime-api';

const { AWS_LAMBDA_RUNTIME_API: runtimeApi = '' } = process.env;

async function main(): Promise<void> {
  const before = { ...process.env };
  try {
    await prepareEnvironment(process.env);
  } catch (error) {
    return fail(error as Error);
  }
  const removed = Object.keys(before).filter((name) => !(name in process.env));
  const added = Object.entries(process.env).filter(([name, value]) => before[name] !== value);
  process.stdout.write([...removed.map((name) => `unset ${name}`), ...added.map(([name, value]) => `export ${name}=${quoted(value!)}`), ''].join('\n'));
}

function fail(error: Error): void {
  process.stderr.write(`cdk-hybrid: ${error.name}: ${error.message}\n`);
  process.exitCode = 1;
  if (runtimeApi) new RuntimeApiClient(runtimeApi).initError(formatError(error), () => process.exit(1));
}

/** For a POSIX shell: nothing between single quotes means anything. */
function quoted(value: string): string {
  return `'${value.replaceAll('\'', '\'\\\'\'')}'`;
}

void main();
