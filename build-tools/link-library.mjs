// Lets the examples say `import ... from 'cdk-hybrid'`: a link to this checkout, where npm would put the package.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Makes `examples/node_modules/cdk-hybrid` a link to the library. */
export function linkLibrary() {
  const modules = join(root, 'examples/node_modules');
  mkdirSync(modules, { recursive: true });
  const link = join(modules, 'cdk-hybrid');
  if (!existsSync(link)) { symlinkSync(root, link, 'junction'); }
}
