/** The module system of a bundle. */
export enum ModuleFormat {
  /** CommonJS, `index.js`: what starts fastest. */
  COMMONJS = 'cjs',
  /** ECMAScript modules, `index.mjs`: needed for top-level await. */
  ESM = 'esm',
}

/** Which source map a bundle gets. */
export enum SourceMapMode {
  /** A file beside the bundle, which the bundle names: stack traces show the lines of the source. */
  LINKED = 'linked',
  /** Inside the bundle. */
  INLINE = 'inline',
  /** A file beside the bundle that the bundle does not name, for tools that upload it. */
  EXTERNAL = 'external',
  /** No source map. */
  NONE = 'none',
}

/** How `HandlerCode.fromEntry` bundles a handler. The words are esbuild's. */
export interface BundlingOptions {
  /**
   * The module system of the bundle.
   *
   * @default ModuleFormat.COMMONJS
   */
  readonly format?: ModuleFormat;

  /**
   * Modules left out of the bundle, `*` allowed: what the runtime or a layer provides.
   *
   * @default - everything but Node's own modules is bundled
   */
  readonly externals?: string[];

  /**
   * Whether the bundle is minified.
   *
   * @default false
   */
  readonly minify?: boolean;

  /**
   * Which source map is written. With a map that Node.js can find (`LINKED`, `INLINE`) the function's environment gets
   * `NODE_OPTIONS=--enable-source-maps`, unless it has a `NODE_OPTIONS` of its own.
   *
   * @default SourceMapMode.LINKED
   */
  readonly sourceMap?: SourceMapMode;

  /**
   * Whether the source map repeats the sources' text.
   *
   * @default false
   */
  readonly sourcesContent?: boolean;

  /**
   * The JavaScript version of the bundle, as esbuild writes it: `node24`, `es2022`.
   *
   * @default - the Node.js version of the function's runtime
   */
  readonly target?: string;

  /**
   * The tsconfig.json to use.
   *
   * @default - the one that esbuild finds above each file
   */
  readonly tsconfig?: string;

  /**
   * Expressions replaced by constants: `{ 'process.env.FLAVOUR': '"dark"' }`.
   *
   * @default - none
   */
  readonly define?: { [expression: string]: string };

  /**
   * How files are loaded, by extension: `{ '.html': 'text' }`.
   *
   * @default - esbuild's own table
   */
  readonly loader?: { [extension: string]: string };

  /**
   * Other modules in the place of imported ones: `{ sharp: './no-sharp' }`.
   *
   * @default - none
   */
  readonly alias?: { [name: string]: string };

  /**
   * Text put before the bundle.
   *
   * @default - none
   */
  readonly banner?: string;

  /**
   * Text put after the bundle.
   *
   * @default - none
   */
  readonly footer?: string;

  /**
   * Whether functions and classes keep their `name` when minified.
   *
   * @default false
   */
  readonly keepNames?: boolean;

  /**
   * Which fields of a package.json name its main file, in this order.
   *
   * @default - `module,main` for ESM, `main,module` for CommonJS
   */
  readonly mainFields?: string[];

  /**
   * Further conditions for the `exports` of packages.
   *
   * @default - none
   */
  readonly conditions?: string[];
}

/** How `HandlerCode.fromDirectory` takes a directory. */
export interface DirectoryOptions {
  /**
   * Patterns of files left out, as in `.gitignore`.
   *
   * @default - every file is taken
   */
  readonly exclude?: string[];
}

/**
 * Where a handler's code comes from.
 *
 * A value: nothing is read before a construct uses it.
 */
export class HandlerCode {
  /**
   * A TypeScript or JavaScript file, bundled by esbuild into `index.js` (or `index.mjs`); the exports of the file are the
   * handlers, so a handler named `handler` is `index.handler`.
   *
   * esbuild comes from your app (`npm install --save-dev esbuild`), else from the PATH. The bundle is cached by the
   * content of all that went into it.
   *
   * @param entry path of the file, relative to the working directory of the app
   * @param options how it is bundled
   */
  public static fromEntry(entry: string, options: BundlingOptions = {}): HandlerCode {
    return new HandlerCode(entry, options, undefined);
  }

  /**
   * A directory taken as it is: `/var/task` of the function.
   *
   * @param path path of the directory, relative to the working directory of the app
   * @param options what is left out
   */
  public static fromDirectory(path: string, options: DirectoryOptions = {}): HandlerCode {
    return new HandlerCode(path, undefined, options);
  }

  private constructor(
    /** @internal */ public readonly _path: string,
    /** Set for code that is bundled. @internal */ public readonly _bundling: BundlingOptions | undefined,
    /** Set for code that is taken as it is. @internal */ public readonly _directory: DirectoryOptions | undefined,
  ) {}
}
