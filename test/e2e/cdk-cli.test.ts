/** The examples as their users start them: the real CDK CLI runs what cdk.json says. */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { cdk, linkPackages } from '../cdk-cli';
import { EXAMPLES, examples, names } from '../project/examples';
import { workspace } from '../workspace';

const root = join(__dirname, '../..');

/** A folder with the examples, the packages of this repository, and this library as npm would install it. */
let directory: string;
beforeAll(() => {
  directory = workspace();
  linkPackages(directory);
  const library = join(directory, 'examples/node_modules/cdk-hybrid');
  for (const name of ['package.json', 'layers', 'cli']) { cpSync(join(root, name), join(library, name), { recursive: true }); }
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.ts'));
  buildSync({
    entryPoints: sources.map(path => join(root, 'src', path)), outdir: join(library, 'lib'), format: 'cjs', platform: 'node', logLevel: 'error',
  });
  for (const name of names) {
    cpSync(join(EXAMPLES, name), join(directory, 'examples', name), { recursive: true, filter: path => !path.includes('cdk.out') });
  }
});

const templates = (output: string) => Object.fromEntries(readdirSync(output)
  .filter(file => file.endsWith('.template.json'))
  .map(file => [file, readFileSync(join(output, file), 'utf8')]));

const each = examples.map(example => [example.title, example] as const);

test.each(each)('cdk synth and cdk ls take %s, and make the same templates each time', (_title, { name, context }) => {
  const app = join(directory, 'examples', name);
  const given = Object.entries(context).flatMap(pair => ['--context', pair.join('=')]);
  cdk(app, ['synth', '--quiet', ...given]);
  cdk(app, ['synth', '--quiet', '--output', 'again', ...given]);
  const stacks = cdk(app, ['ls', '--output', 'listed', ...given]).trim().split('\n');
  const made = templates(join(app, 'cdk.out'));
  expect(Object.keys(made)).toEqual(stacks.map(stack => `${stack}.template.json`));
  expect(templates(join(app, 'again'))).toEqual(made);
}, 240_000);
