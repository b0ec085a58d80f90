/** Follows the `extends` of a tsconfig.json: all files that have, or would have, a say in it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { readJson } from '../files/cache';
import { ancestors } from '../files/file-fingerprints';

/** The file itself, what it extends, and the places where that is looked for. */
export function tsconfigChain(path: string, chain = new Set<string>()): Set<string> {
  if (chain.has(path)) { return chain; }
  chain.add(path);
  for (const name of extendedBy(path)) {
    const { manifests, configs } = placesOf(name, dirname(path));
    configs.forEach(config => tsconfigChain(config, chain));
    manifests.forEach(manifest => chain.add(manifest));
  }
  return chain;
}

/** The values of `extends`, which is a string or an array, in JSON with comments. */
function extendedBy(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const withoutComments = text.replace(/("(?:[^"\\]|\\.)*")|\/\/.*|\/\*[\s\S]*?\*\//g, (_match, string?: string) => string ?? '');
  const values = [...withoutComments.matchAll(/"extends"\s*:\s*("(?:[^"\\]|\\.)*"|\[[^\]]*\])/g)].map(match => match[1]);
  return values.flatMap(value => value.match(/"(?:[^"\\]|\\.)*"/g) ?? []).flatMap(string => {
    try {
      return JSON.parse(string) as string;
    } catch {
      return []; // esbuild, too, can make nothing of it
    }
  });
}

function placesOf(name: string, folder: string): { manifests: string[]; configs: string[] } {
  if (isAbsolute(name) || /^\.\.?([\\/]|$)/.test(name)) {
    const path = resolve(folder, name);
    return { manifests: [], configs: [path, `${path}.json`] };
  }
  const packageName = name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/');
  const modules = ancestors(folder).map(ancestor => join(ancestor, 'node_modules'));
  const manifests = modules.map(directory => join(directory, packageName, 'package.json'));
  const configs = modules.map(directory => join(directory, name)).flatMap(path => [path, `${path}.json`, join(path, 'tsconfig.json')]);
  const named = manifests.flatMap(manifest => {
    const tsconfig = readJson<{ tsconfig?: unknown }>(manifest)?.tsconfig;
    return typeof tsconfig === 'string' ? join(dirname(manifest), tsconfig) : [];
  });
  return { manifests, configs: [...configs, ...named, ...exported(name, folder)] };
}

/** The file that the `exports` of a package give for a name. */
function exported(name: string, folder: string): string[] {
  try {
    return [createRequire(join(folder, 'tsconfig.json')).resolve(name)];
  } catch {
    return [];
  }
}
