/** Finds the user's esbuild and runs it: in this process when the app has it, else the program on the PATH. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join, relative } from 'node:path';

/** The part of esbuild's options that we use; the names are esbuild's. */
export interface EsbuildOptions {
  readonly entryPoint: string;
  readonly absWorkingDir: string;
  readonly format: 'cjs' | 'esm';
  readonly target: string;
  readonly sourcemap: 'linked' | 'inline' | 'external' | false;
  readonly sourcesContent: boolean;
  readonly minify: boolean;
  readonly keepNames: boolean;
  readonly external: string[];
  readonly define: { [expression: string]: string };
  readonly loader: { [extension: string]: string };
  readonly alias: { [name: string]: string };
  readonly banner: string;
  readonly footer: string;
  readonly mainFields: string[];
  readonly conditions: string[];
  readonly tsconfig?: string;
}

/** What a build gave. Paths in `inputs` are relative to the working directory of the build. */
export interface EsbuildResult {
  readonly files: { name: string; contents: Uint8Array }[];
  readonly inputs: string[];
  readonly warnings: string[];
}

/** The code did not bundle: esbuild's own words, with file and line. */
export class BundlingFailure extends Error {}

/** An esbuild that was found. */
export interface Esbuild {
  /** Changes when another esbuild would be used. */
  readonly identity: string;
  bundle(options: EsbuildOptions): EsbuildResult;
}

/** The outputs' folder: source maps name their sources relative to it. Nothing is written there in process. */
const OUTPUT_DIRECTORY = '.cdk-hybrid-bundle-';

/** The esbuild of the app in `appDirectory`, else the one on the PATH, else nothing. */
export function findEsbuild(appDirectory: string): Esbuild | undefined {
  return esbuildOfApp(appDirectory) ?? esbuildOnPath();
}

function esbuildOfApp(appDirectory: string): Esbuild | undefined {
  const appRequire = createRequire(join(appDirectory, 'package.json'));
  let manifest: string;
  try {
    manifest = appRequire.resolve('esbuild/package.json');
  } catch {
    return undefined;
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return {
    identity: `esbuild@${version}`,
    bundle: options => bundleInProcess(appRequire('esbuild') as EsbuildModule, options),
  };
}

interface EsbuildMessage { text: string; location: { file: string; line: number; column: number } | null }
interface EsbuildModule {
  buildSync(options: object): {
    outputFiles: { path: string; contents: Uint8Array }[];
    metafile: { inputs: object };
    warnings: EsbuildMessage[];
  };
}

function bundleInProcess(esbuild: EsbuildModule, options: EsbuildOptions): EsbuildResult {
  const { entryPoint, banner, footer, mainFields, tsconfig, ...same } = options;
  try {
    const result = esbuild.buildSync({
      ...same,
      entryPoints: { index: entryPoint },
      bundle: true,
      platform: 'node',
      outdir: join(options.absWorkingDir, OUTPUT_DIRECTORY),
      outExtension: { '.js': outputExtension(options) },
      write: false,
      metafile: true,
      logLevel: 'silent',
      banner: { js: banner },
      footer: { js: footer },
      ...mainFields.length ? { mainFields } : {},
      ...tsconfig ? { tsconfig } : {},
    });
    return {
      files: result.outputFiles.map(file => ({ name: relative(join(options.absWorkingDir, OUTPUT_DIRECTORY), file.path), contents: file.contents })),
      inputs: Object.keys(result.metafile.inputs),
      warnings: result.warnings.map(oneLine),
    };
  } catch (error) {
    const messages = (error as { errors?: EsbuildMessage[] }).errors;
    if (!messages?.length) { throw error; }
    throw new BundlingFailure(messages.map(oneLine).join(' | '));
  }
}

function oneLine({ text, location }: EsbuildMessage): string {
  return (location ? `${location.file}:${location.line}:${location.column}: ${text}` : text).replace(/\s*\n\s*/g, ' ');
}

const outputExtension = (options: EsbuildOptions) => options.format === 'esm' ? '.mjs' : '.js';

function esbuildOnPath(): Esbuild | undefined {
  const names = process.platform === 'win32' ? ['esbuild.exe', 'esbuild.cmd'] : ['esbuild'];
  for (const directory of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const name of names) {
      const program = join(directory, name);
      const found = statSync(program, { throwIfNoEntry: false });
      if (found?.isFile()) {
        return { identity: `${program}@${found.size}@${found.mtimeMs}`, bundle: options => bundleByProgram(program, options) };
      }
    }
  }
  return undefined;
}

function bundleByProgram(program: string, options: EsbuildOptions): EsbuildResult {
  // Beside the sources, as in process: the source map's paths are relative to it.
  const outdir = mkdtempSync(join(options.absWorkingDir, OUTPUT_DIRECTORY));
  try {
    const metafile = join(outdir, 'metafile.json');
    const run = spawnSync(program, [...toArguments(options), `--outdir=${outdir}`, `--metafile=${metafile}`], {
      cwd: options.absWorkingDir, encoding: 'utf8', shell: program.endsWith('.cmd'),
    });
    if (run.error) { throw run.error; }
    const messages = parseMessages(run.stderr);
    if (run.status !== 0) {
      throw new BundlingFailure(messages.filter(message => message.error).map(message => message.text).join(' | ') || run.stderr.trim());
    }
    const inputs = Object.keys((JSON.parse(readFileSync(metafile, 'utf8')) as { inputs: object }).inputs);
    rmSync(metafile);
    return {
      files: readdirSync(outdir).sort().map(name => ({ name, contents: readFileSync(join(outdir, name)) })),
      inputs,
      warnings: messages.filter(message => !message.error).map(message => message.text),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function toArguments(options: EsbuildOptions): string[] {
  const each = (flag: string, values: { [name: string]: string }) => Object.entries(values).map(([name, value]) => `--${flag}:${name}=${value}`);
  return [
    `index=${options.entryPoint}`,
    '--bundle', '--platform=node', `--format=${options.format}`, `--target=${options.target}`,
    `--out-extension:.js=${outputExtension(options)}`, '--color=false', '--log-level=warning', '--log-limit=0',
    ...options.sourcemap ? [`--sourcemap=${options.sourcemap}`] : [],
    `--sources-content=${options.sourcesContent}`,
    ...options.minify ? ['--minify'] : [],
    ...options.keepNames ? ['--keep-names'] : [],
    ...options.external.map(name => `--external:${name}`),
    ...each('define', options.define), ...each('loader', options.loader), ...each('alias', options.alias),
    ...options.banner ? [`--banner:js=${options.banner}`] : [],
    ...options.footer ? [`--footer:js=${options.footer}`] : [],
    ...options.mainFields.length ? [`--main-fields=${options.mainFields.join(',')}`] : [],
    ...options.conditions.length ? [`--conditions=${options.conditions.join(',')}`] : [],
    ...options.tsconfig ? [`--tsconfig=${options.tsconfig}`] : [],
  ];
}

/** The messages that the program printed: `X [ERROR] text`, an empty line, then the place. */
function parseMessages(stderr: string): { error: boolean; text: string }[] {
  return [...stderr.matchAll(/\[(ERROR|WARNING)\] (.*)\n(?:\n\s+(\S+:\d+:\d+):)?/g)]
    .map(([, kind, text, place]) => ({ error: kind === 'ERROR', text: place ? `${place}: ${text}` : text }));
}
