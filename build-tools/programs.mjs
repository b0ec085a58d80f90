// Bundles what ships as a program: the run-time program (layers/runtime -> layers/runtime/dist), the program that makes
// layers (layers/builder -> layers/builder/dist), the handlers of forwarders and starters (layers/forwarder -> layers/forwarder/dist, layers/starter -> layers/starter/dist) and the CLI (cli/src -> cli/dist). In the run-time program a relative require() stays a require(): what it names becomes a
// bundle of its own beside the first, so that start-up pays only for what it uses. Files are replaced whole, one by
// one: a test that runs meanwhile sees the old or the new one.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const common = {
  bundle: true, platform: 'node', target: 'node20', format: 'cjs', outExtension: { '.js': '.cjs' },
  legalComments: 'eof', logLevel: 'warning', absWorkingDir: root, write: false,
  // Of a library the form that can be taken apart: what is not used stays out.
  mainFields: ['module', 'main'],
  // Which SDK is in a bundle is not its user's to mend.
  define: { 'process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED': '"true"' },
};

await bundleWithSiblings(['layers/runtime/bootstrap.ts', 'layers/runtime/host.ts', 'layers/runtime/secret-exports.ts', 'layers/runtime/health.ts'], 'layers/runtime/dist');
await bundleWithSiblings(['layers/forwarder/forwarder.ts'], 'layers/forwarder/dist');
await bundleWithSiblings(['layers/starter/starter.ts'], 'layers/starter/dist');
// The licence lies beside the builder because it ships in every layer, also in those built in a container.
const builder = await build({ ...common, entryPoints: { 'build-layer': 'layers/builder/main.ts' }, outdir: 'layers/builder/dist' });
const license = { path: join(root, 'layers/builder/dist/LICENSE'), contents: readFileSync(join(root, 'LICENSE')) };
replaceFiles(join(root, 'layers/builder/dist'), [...builder.outputFiles, license]);
const cli = await build({ ...common, entryPoints: { 'cdk-hybrid': 'cli/src/main.ts' }, outdir: 'cli/dist', metafile: true });
replaceFiles(join(root, 'cli/dist'), [...cli.outputFiles, licences([cli.metafile], join(root, 'cli/dist'))]);

/** Bundles programs, then everything that one of them or of their siblings requires later. */
async function bundleWithSiblings(programs, outdir) {
  const entries = new Map(programs.map((entry) => [nameOf(entry), resolve(root, entry)]));
  const siblings = {
    name: 'siblings',
    setup(builder) {
      builder.onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
        if (kind !== 'require-call' && kind !== 'require-resolve') return undefined;
        const file = `${resolve(resolveDir, path)}.ts`;
        const name = nameOf(file);
        const known = entries.get(name);
        if (known && known !== file) throw new Error(`two programs would be called ${name}.cjs: ${relative(root, known)} and ${relative(root, file)}`);
        entries.set(name, file);
        return { path: `./${name}.cjs`, external: true };
      });
    },
  };
  const outputFiles = [];
  const metafiles = [];
  // The map grows while it is walked.
  for (const [name, file] of entries) {
    const result = await build({ ...common, entryPoints: { [name]: file }, outdir, minify: true, plugins: [siblings], metafile: true });
    outputFiles.push(...result.outputFiles);
    metafiles.push(result.metafile);
  }
  replaceFiles(join(root, outdir), [...outputFiles, licences(metafiles, join(root, outdir))]);
}

/** The licences of the packages that bundles contain, as one file beside them; each text once, after the packages that have it. */
function licences(metafiles, outdir) {
  const inputs = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap((output) => Object.keys(output.inputs)));
  const directories = new Set(inputs.map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]).filter(Boolean));
  const packages = new Map();
  for (const directory of [...directories].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, directory, 'package.json'), 'utf8'));
    const text = licenceText(join(root, directory), license);
    packages.set(text, [...packages.get(text) ?? [], `${name} ${version}`]);
  }
  const texts = [...packages].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return { path: join(outdir, 'THIRD-PARTY-LICENSES.txt'), contents: Buffer.from(texts.join(`\n${'-'.repeat(80)}\n\n`)) };
}

/** The package's own file; some packages name a licence and leave its text out. */
function licenceText(directory, license) {
  const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  if (file) return readFileSync(join(directory, file), 'utf8').trim();
  if (license === 'Apache-2.0') return readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  throw new Error(`${directory} is bundled but has no licence file`);
}

function nameOf(file) {
  return basename(file, '.ts');
}

/** The folder holds exactly these files afterwards. */
function replaceFiles(directory, outputFiles) {
  mkdirSync(directory, { recursive: true });
  for (const { path, contents } of outputFiles) {
    if (sameContents(path, contents)) continue;
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, contents);
    renameSync(temporary, path);
  }
  const current = new Set(outputFiles.map(({ path }) => basename(path)));
  for (const name of readdirSync(directory)) {
    if (!current.has(name) && !name.endsWith('.tmp')) rmSync(join(directory, name), { recursive: true });
  }
}

function sameContents(path, contents) {
  try {
    return readFileSync(path).equals(contents);
  } catch {
    return false;
  }
}
