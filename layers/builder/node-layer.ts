/** The files of the Node.js layer beside the engine: our scripts, the run-time program, what the layer says of itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface ProgramRequest {
  /** The folder `layers` of this package. */
  readonly layers: string;
  readonly version: string;
  readonly architecture: string;
}

export interface ProgramFile {
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

export const NODE_PATH = 'bin/node';
export const NODE_LICENSE_PATH = 'cdk-hybrid/licenses/node/LICENSE';

/** Of the libraries that are bundled into the run-time program. */
const LIBRARY_LICENSES = 'THIRD-PARTY-LICENSES.txt';

/** Where our bootstrap is when `/opt/bootstrap` is the user's. */
export const SPARE_BOOTSTRAP_PATH = 'cdk-hybrid/bootstrap';

/** Where a copy of the user's bootstrap is when `/opt/bootstrap` reads secrets for it. */
const OWN_BOOTSTRAP_PATH = 'own-bootstrap';

/** What reads secrets for a runtime that is not ours. */
const SECRET_PROGRAM = ['secret-exports.cjs', 'resolve-secrets.cjs'];

/** For functions with secrets on another runtime than ours: without a bootstrap what a managed runtime is wrapped in, with one what starts it. */
export function secretsFiles(layers: string, bootstrap: Buffer | undefined): ProgramFile[] {
  const files = [
    script(layers, 'cdk-hybrid/exec-wrapper'),
    ...SECRET_PROGRAM.map(name => ({ path: `cdk-hybrid/runtime/${name}`, content: readFileSync(join(layers, 'runtime', 'dist', name)), executable: false })),
    ownLicense(layers),
  ];
  if (bootstrap === undefined) { return files; }
  return [...files, { ...script(layers, 'bootstrap-with-secrets'), path: 'bootstrap' }, { path: OWN_BOOTSTRAP_PATH, content: bootstrap, executable: true }];
}

export function programFiles({ layers, version, architecture }: ProgramRequest): ProgramFile[] {
  const runtime = join(layers, 'runtime', 'dist');
  const description = { engine: { name: 'nodejs', version }, architecture };
  return [
    script(layers, 'bootstrap'),
    ...readdirSync(runtime).filter(name => name.endsWith('.cjs') || name === LIBRARY_LICENSES).sort().map(name => ({
      path: `cdk-hybrid/${name === LIBRARY_LICENSES ? 'licenses' : 'runtime'}/${name}`, content: readFileSync(join(runtime, name)), executable: false,
    })),
    ...['entrypoint', 'exec-wrapper', 'health'].map(name => script(layers, `cdk-hybrid/${name}`)),
    { path: 'cdk-hybrid/layer.json', content: Buffer.from(`${JSON.stringify(description)}\n`), executable: false },
    ownLicense(layers),
  ];
}

/** A script of `layers/nodejs`, at this place below `/opt`. */
function script(layers: string, path: string): ProgramFile {
  return { path, content: readFileSync(join(layers, 'nodejs', basename(path))), executable: true };
}

function ownLicense(layers: string): ProgramFile {
  return { path: 'cdk-hybrid/licenses/cdk-hybrid/LICENSE', content: readFileSync(join(layers, 'builder', 'dist', 'LICENSE')), executable: false };
}
