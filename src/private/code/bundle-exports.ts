/** Finds out what a bundle exports, from what esbuild tells and writes. */

/** The part of esbuild's metafile that we read. */
export interface Metafile {
  readonly inputs: { [path: string]: { format?: 'cjs' | 'esm' } };
  readonly outputs: { [path: string]: { entryPoint?: string; exports?: string[] } };
}

/** How the bundle was made; the names are esbuild's. */
interface Made {
  readonly format: 'cjs' | 'esm';
  readonly banner: string;
  readonly footer: string;
}

/** The names that esbuild writes behind a CommonJS bundle of ES modules, for those that import it. */
const NAMES = /\b0\s*&&\s*\(module\.exports\s*=\s*\{([^}]*)\}\)/;

/**
 * The names that a bundle exports; nothing when that is not certain: of a CommonJS entry, of `export *` from modules outside
 * the bundle, and of a default export, whose properties may be handlers.
 */
export function exportsOf({ inputs, outputs }: Metafile, text: string, { format, banner, footer }: Made): string[] | undefined {
  const output = Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined);
  if (!output || inputs[output.entryPoint!]?.format !== 'esm' || /\bexports?\b/.test(banner + footer)) { return undefined; }
  const names = format === 'esm' ? exportsOfModule(output.exports, text) : exportsOfCommonJs(text);
  return names?.includes('default') ? undefined : names?.sort();
}

function exportsOfModule(names: string[] | undefined, text: string): string[] | undefined {
  return /\bexport\s*\*\s*from\b/.test(text) ? undefined : names;
}

function exportsOfCommonJs(text: string): string[] | undefined {
  // esbuild does not name it among the others.
  if (/\bdefault\s*:\s*(\(\)\s*=>|function\b)/.test(text)) { return ['default']; }
  const [, list] = NAMES.exec(text) ?? [];
  // Code that adds to them; the quoted words are in a comment of esbuild's own.
  const mentions = text.match(/\bmodule\.exports\b(?!")/g)?.length ?? 0;
  if (mentions > (list === undefined ? 1 : 2) || /["']|\.\.\./.test(list ?? '')) { return undefined; }
  return (list ?? '').split(',').map(name => name.split(':')[0].trim()).filter(Boolean);
}
