/** Finds the user's esbuild and runs it: in this process when the app has it, else the program on the PATH. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { exportsOf, Metafile } from './bundle-exports';
import { moveSourceMap } from './source-map';
import { fileAt } from '../files/file-fingerprints';

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
  /** Folders of packages, as NODE_PATH names them: only the program reads that variable itself. */
  readonly nodePaths: string[];
  readonly tsconfig?: string;
}

/** What a build gave. Paths in `inputs` are relative to the working directory of the build. */
export interface EsbuildResult {
  readonly files: { name: string; contents: Uint8Array }[];
  readonly inputs: string[];
  readonly warnings: string[];
  /** The names that the bundle exports, where they are certain. */
  readonly exports?: string[];
}

/** The code did not bundle: esbuild's own words, with file and line. */
export class BundlingFailure extends Error {
  constructor(message: string) {
    super(message.replace(/Top-level await [^|]*"cjs" output format/g, '$& (format: ModuleFormat.ESM allows it)'));
  }
}

/** An esbuild that was found. */
export interface Esbuild {
  /** Changes when another esbuild would be used. */
  readonly identity: string;
  bundle(options: EsbuildOptions): EsbuildResult;
}

/** What a program may print: esbuild shows the line of each warning, and that of minified code is long. */
const MAX_PRINTED_BYTES = 256 * 1024 * 1024;

/** The esbuild of the app in `appDirectory`, else the one on the PATH, else nothing. */
export function findEsbuild(appDirectory: string, platform: string = process.platform): Esbuild | undefined {
  return esbuildOfApp(appDirectory) ?? esbuildOnPath(platform);
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
    metafile: Metafile;
    warnings: EsbuildMessage[];
  };
}

function bundleInProcess(esbuild: EsbuildModule, options: EsbuildOptions): EsbuildResult {
  const { entryPoint, banner, footer, mainFields, conditions, tsconfig, ...same } = options;
  try {
    const result = esbuild.buildSync({
      ...same,
      entryPoints: { index: entryPoint },
      bundle: true,
      platform: 'node',
      // Nothing is written there; source maps name their sources relative to it.
      outdir: options.absWorkingDir,
      allowOverwrite: true,
      outExtension: { '.js': outputExtension(options) },
      write: false,
      metafile: true,
      logLevel: 'silent',
      banner: { js: banner },
      footer: { js: footer },
      // An empty list, too, would take the place of esbuild's own.
      ...mainFields.length ? { mainFields } : {},
      ...conditions.length ? { conditions } : {},
      ...tsconfig ? { tsconfig } : {},
    });
    const files = result.outputFiles.map(file => ({ name: relative(options.absWorkingDir, file.path), contents: file.contents }));
    return { files, ...fromMetafile(result.metafile, files, options), warnings: result.warnings.map(oneLine) };
  } catch (error) {
    const messages = (error as { errors?: EsbuildMessage[] }).errors;
    if (!messages?.length) { throw error; }
    throw new BundlingFailure(messages.map(oneLine).join(' | '));
  }
}

function fromMetafile(metafile: Metafile, files: EsbuildResult['files'], options: EsbuildOptions): Pick<EsbuildResult, 'inputs' | 'exports'> {
  const { contents } = files.find(({ name }) => name === `index${outputExtension(options)}`)!;
  return { inputs: Object.keys(metafile.inputs), exports: exportsOf(metafile, Buffer.from(contents).toString(), options) };
}

function oneLine({ text, location }: EsbuildMessage): string {
  return (location ? `${location.file}:${location.line}:${location.column}: ${text}` : text).replace(/\s*\n\s*/g, ' ');
}

const outputExtension = (options: EsbuildOptions) => options.format === 'esm' ? '.mjs' : '.js';

function esbuildOnPath(platform: string): Esbuild | undefined {
  for (const directory of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const { path, command } of programs(directory, platform)) {
      const found = fileAt(path);
      if (found) {
        return { identity: `${path}@${found.size}@${found.mtimeMs}`, bundle: options => bundleByProgram(command, options) };
      }
    }
  }
  return undefined;
}

/** What esbuild may be in a folder of the PATH, and how it is run. */
function programs(directory: string, platform: string): { path: string; command: string[] }[] {
  const executable = (path: string) => ({ path, command: [path] });
  if (platform !== 'win32') { return [executable(join(directory, 'esbuild'))]; }
  // An esbuild.cmd needs a shell, which would need quotes; it only starts this JavaScript, of a global or a local install.
  const scripts = fileAt(join(directory, 'esbuild.cmd')) ? ['node_modules/esbuild/bin/esbuild', '../esbuild/bin/esbuild'] : [];
  return [
    executable(join(directory, 'esbuild.exe')),
    ...scripts.map(script => join(directory, script)).map(path => ({ path, command: [process.execPath, path] })),
  ];
}

function bundleByProgram([program, ...args]: string[], options: EsbuildOptions): EsbuildResult {
  // Not in the project, which may be read-only.
  const temporary = mkdtempSync(join(realpathSync(tmpdir()), 'cdk-hybrid-bundle-'));
  const outdir = join(temporary, 'out');
  const metafile = join(temporary, 'metafile.json');
  try {
    mkdirSync(outdir);
    const run = spawnSync(program, [...args, ...toArguments(options), `--outdir=${outdir}`, `--metafile=${metafile}`], {
      cwd: options.absWorkingDir,
      encoding: 'utf8',
      env: { ...process.env, NODE_PATH: options.nodePaths.join(delimiter) },
      maxBuffer: MAX_PRINTED_BYTES,
    });
    if (run.error) { throw run.error; }
    const messages = parseMessages(run.stderr);
    if (run.status !== 0) {
      throw new BundlingFailure(messages.filter(message => message.error).map(message => message.text).join(' | ') || run.stderr.trim());
    }
    const files = readdirSync(outdir).sort().map(name => ({
      name, contents: moveSourceMap(name, readFileSync(join(outdir, name)), outdir, options.absWorkingDir),
    }));
    return {
      files,
      ...fromMetafile(JSON.parse(readFileSync(metafile, 'utf8')) as Metafile, files, options),
      warnings: messages.filter(message => !message.error).map(message => message.text),
    };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
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
