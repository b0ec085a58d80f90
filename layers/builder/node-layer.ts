/** The files of the Node.js layer beside the engine: our bootstrap and entrypoint, the run-time program, what the layer says of itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

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

export function programFiles({ layers, version, architecture }: ProgramRequest): ProgramFile[] {
  const runtime = join(layers, 'runtime', 'dist');
  const description = { engine: { name: 'nodejs', version }, architecture };
  return [
    { path: 'bootstrap', content: readFileSync(join(layers, 'nodejs', 'bootstrap')), executable: true },
    ...readdirSync(runtime).filter(name => name.endsWith('.cjs') || name === LIBRARY_LICENSES).sort().map(name => ({
      path: `cdk-hybrid/${name === LIBRARY_LICENSES ? 'licenses' : 'runtime'}/${name}`, content: readFileSync(join(runtime, name)), executable: false,
    })),
    { path: 'cdk-hybrid/entrypoint', content: readFileSync(join(layers, 'nodejs', 'entrypoint')), executable: true },
    { path: 'cdk-hybrid/layer.json', content: Buffer.from(`${JSON.stringify(description)}\n`), executable: false },
    { path: 'cdk-hybrid/licenses/cdk-hybrid/LICENSE', content: readFileSync(join(layers, 'builder', 'dist', 'LICENSE')), executable: false },
  ];
}
