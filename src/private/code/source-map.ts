/** Makes a source map that esbuild wrote for one folder say what it would say in another. */
import { sep } from 'node:path';

/** An output file as it would be if esbuild had written it to the folder `to`: its source map, or the map in it, is changed. */
export function moveSourceMap(name: string, contents: Buffer, from: string, to: string): Buffer {
  if (name.endsWith('.map')) { return Buffer.from(moveSources(contents.toString(), from, to)); }
  if (!/\.(m?js|css)$/.test(name)) { return contents; }
  return Buffer.from(contents.toString().replace(
    /(\n\/[/*]# sourceMappingURL=data:application\/json;base64,)([\w+/=]+)(?=(?: \*\/)?\n?$)/,
    (_match, start: string, map: string) => start + Buffer.from(moveSources(Buffer.from(map, 'base64').toString(), from, to)).toString('base64'),
  ));
}

/** Only the text of the paths changes, since another writer of JSON would not write as esbuild does. */
function moveSources(map: string, from: string, to: string): string {
  return map.replace(/^ {2}"sources": \[.*\]/m, sources => sources.replace(
    // What does not climb out of the folder is no file.
    /"((?:\.\.\/)+)([^"]*)"/g, (_match, climb: string, rest: string) => `"${movePath(climb.length / 3, rest.split('/'), from.split(sep), to.split(sep))}"`,
  ));
}

/** @param rest the source below the folder that is `climb` levels above `from`, encoded as in a URL */
function movePath(climb: number, rest: string[], from: string[], to: string[]): string {
  const source = [...from.slice(0, -climb), ...rest];
  let common = 0;
  while (common < to.length && (source[common] === to[common] || decoded(source[common]) === to[common])) { common++; }
  return [...to.slice(common).map(() => '..'), ...source.slice(common)].join('/');
}

function decoded(segment: string | undefined): string | undefined {
  try {
    return segment && decodeURIComponent(segment);
  } catch {
    return segment; // an esbuild that does not encode
  }
}
