/** The package for Python, built and installed as its users would: the app of examples/python makes what TypeScript makes. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cdk, linkPackages } from '../cdk-cli';
import { pythonWithCdk } from '../real-parts';
import { inDirectory, workspace } from '../workspace';

const root = join(__dirname, '../..');
const python = pythonWithCdk();

function run(directory: string, command: string, args: string[], environment: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: directory, encoding: 'utf8', env: { ...process.env, ...environment } });
  if (error || status !== 0) { throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout}${stderr}`); }
  return stdout;
}

/** The folder in which pip has installed the wheel that jsii makes of this checkout. */
function installedWheel(): string {
  const library = workspace();
  for (const name of ['package.json', 'tsconfig.json', '.npmignore', 'README.md', 'LICENSE', 'src', 'layers', 'cli']) {
    cpSync(join(root, name), join(library, name), { recursive: true });
  }
  linkPackages(library);
  run(library, process.execPath, [require.resolve('jsii/bin/jsii'), '--silence-warnings=reserved-word']);
  run(library, process.execPath, [require.resolve('jsii-pacmak/bin/jsii-pacmak'), '--target', 'python', '--outdir', join(library, 'dist')]);
  const packages = join(library, 'packages');
  run(library, python!, [
    '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-index', '--find-links', 'dist/python', '--target', packages, 'cdk-hybrid',
  ]);
  return packages;
}

/** A template without what the CLI says of resources: paths and names of assets on disk. */
function templateIn(output: string): unknown {
  return JSON.parse(readFileSync(join(output, 'Python.template.json'), 'utf8'), (name, value) => name === 'Metadata' ? undefined : value);
}

(python ? test : test.skip)('an app in Python makes the template that the same app in TypeScript makes', () => {
  const app = workspace();
  cpSync(join(root, 'examples/python'), app, { recursive: true });
  const packages = installedWheel();
  const environment = { PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1' };
  cdk(app, ['synth', '--quiet'], environment);
  const twin = workspace();
  inDirectory(app, { CDK_OUTDIR: twin, PATH: [process.env.PATH, join(root, 'node_modules/.bin')].join(delimiter) }, () => jest.isolateModules(() => {
    // The app is started in the folder whose files it names.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require('./python-twin');
  }));
  expect(templateIn(join(app, 'cdk.out'))).toEqual(templateIn(twin));
  expect(cdk(app, ['ls', '--app', 'cdk.out'])).toBe('Python\n');
  // The wheel brings our CLI along.
  const invoke = [join(packages, 'bin/cdk-hybrid'), 'invoke', 'Morning', '--event', '{"total": 20}', '--env', 'API_KEY=test'];
  expect(run(app, python!, invoke, environment)).toBe('{"accepted":true}\n');
}, 240_000);
