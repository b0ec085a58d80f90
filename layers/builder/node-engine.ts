/** The Node.js engine of a layer: from its npm package to the two files that the layer ships. */
import { gunzipSync } from 'node:zlib';
import { withoutSymbols } from './elf-symbols';
import { BuildFailure } from './failure';
import { npmPack } from './npm-pack';
import { progress } from './progress';
import { readTar } from './tar';

export interface EngineRequest {
  readonly npmPackage: string;
  readonly version: string;
  readonly checksum: string;
}

export interface NodeEngine {
  /** `bin/node` without its symbols. */
  readonly node: Buffer;
  /** The licences of Node.js and all that it contains. */
  readonly license: Buffer;
}

export function fetchNodeEngine({ npmPackage, version, checksum }: EngineRequest): NodeEngine {
  progress(`downloading Node.js ${version} (${npmPackage})`);
  const archive = npmPack(npmPackage, version, checksum);
  progress(`unpacking Node.js ${version}`);
  const files = new Map<string, Buffer>();
  for (const entry of readTar(gunzipSync(archive))) {
    if (entry.type === 'file') { files.set(entry.path, entry.content); }
  }
  const take = (path: string) => {
    const content = files.get(`package/${path}`);
    if (!content) {
      throw new BuildFailure('ENGINE_DOWNLOAD', 'engine', `${npmPackage}@${version} without '${path}'`, 'an engine whose archive has bin/node and LICENSE');
    }
    return content;
  };
  return { node: withoutSymbols(take('bin/node')), license: take('LICENSE') };
}
