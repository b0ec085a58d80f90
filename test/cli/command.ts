/** Runs the CLI as its users do: the bundled program in a process of its own. */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');
export const CLI = join(root, 'cli/bin/cdk-hybrid');

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Bundles the programs as they are now. */
export function bundlePrograms(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'build-tools/programs.mjs')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

export interface Where {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

export async function cdkHybrid(args: readonly string[], where: Where): Promise<Run> {
  const child = startCdkHybrid(args, where);
  child.stdin.end(where.input);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => { out += chunk; });
  child.stderr.on('data', (chunk) => { err += chunk; });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err };
}

/** The program started by its first line, as npm's links do. */
export function executeCdkHybrid(args: readonly string[], where: Where): Run {
  const { status, stdout, stderr } = spawnSync(CLI, [...args], { cwd: where.cwd, env: { ...process.env, ...where.env }, input: where.input, encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

export function startCdkHybrid(args: readonly string[], where: Where): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [CLI, ...args], { cwd: where.cwd, env: { ...process.env, ...where.env } });
}
