import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { inDirectory, workspace } from '../workspace';

const examples = join(__dirname, '../../examples');
const names = readdirSync(examples).filter(name => name !== 'node_modules' && statSync(join(examples, name)).isDirectory());

/** The templates that an example's own app.ts synthesizes. */
function templatesOf(name: string): { [stack: string]: unknown } {
  const output = workspace();
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  inDirectory(join(examples, name), { CDK_OUTDIR: output }, () => jest.isolateModules(() => { require(join(examples, name, 'app.ts')); }));
  return Object.fromEntries(readdirSync(output).filter(file => file.endsWith('.template.json')).map(file => [
    // Asset hashes stand for contents, which other tests check.
    file, JSON.parse(readFileSync(join(output, file), 'utf8').replace(/[0-9a-f]{64}/g, '<hash>')),
  ]));
}

test.each(names)('%s synthesizes to the template that its readers know', name => {
  expect(templatesOf(name)).toMatchSnapshot();
});
