/** Runs the real CDK CLI in the folder of an app. */
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const modules = dirname(dirname(require.resolve('aws-cdk/package.json')));

/** What `cdk` with these arguments prints; throws with all that it said when it fails. */
export function cdk(directory: string, args: string[], environment: NodeJS.ProcessEnv = {}): string {
  const run = spawnSync(process.execPath, [join(modules, 'aws-cdk/bin/cdk'), ...args, '--no-notices'], {
    cwd: directory,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: [process.env.PATH, join(modules, '.bin')].join(delimiter),
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...environment,
    },
  });
  if (run.status !== 0) { throw new Error(`cdk ${args.join(' ')}: exit code ${run.status}\n${run.stdout}${run.stderr}`); }
  return run.stdout;
}

/** Gives a folder this repository's packages. */
export function linkPackages(directory: string): void {
  symlinkSync(modules, join(directory, 'node_modules'), 'junction');
}
