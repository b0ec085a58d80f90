// Lets the compiled files that are directories of others (the index, Compute, Trigger) load what they name when it is first
// used: an app with a Lambda function loads no ECS, Batch or API Gateway. Lines stay where they are, for source maps.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const lib = join(dirname(fileURLToPath(import.meta.url)), '../lib');
const REQUIRE = /^(?:var|const) (\w+) = require\(("\.{1,2}\/[^"]+")\);$/gm;

for (const file of ['index.js', 'computes/compute.js', 'triggers/trigger.js']) {
  const path = join(lib, file);
  let code = readFileSync(path, 'utf8');
  const modules = new Map([...code.matchAll(REQUIRE)].map(([, name, module]) => [name, module]));
  if (modules.size === 0) throw new Error(`${path} loads nothing, or is not what the compiler writes`);
  code = code.replace(REQUIRE, '').replace(/\b(\w+)\.(?=\w)/g, (given, name) => modules.has(name) ? `(require(${modules.get(name)})).` : given);
  for (const name of modules.keys()) {
    if (new RegExp(`\\b${name}\\b`).test(code.replace(/^\/\/# sourceMappingURL.*$/m, ''))) throw new Error(`${path} uses ${name} in a way that is not known here`);
  }
  writeFileSync(path, code);
}
