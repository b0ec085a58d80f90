import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../nag';
import { templateLinter } from '../real-parts';
import { Example, exampleAssembly, EXAMPLES, examples, names } from './examples';

const linter = templateLinter();

/** A finding of cdk-nag that an example keeps, and why. */
interface Accepted {
  readonly rule: string;
  /** The resources: the start of their path. */
  readonly path: string;
  readonly reason: string;
}

/** Newer releases of the CDK narrow whom the role of a state machine trusts; the templates are the same otherwise. */
function withoutNewerConditions(_name: string, value: { Principal?: { Service?: string }; Condition?: object } | null) {
  if (value?.Principal?.Service !== 'states.amazonaws.com') { return value; }
  const { Condition: _, ...statement } = value;
  return statement;
}

/** What an example's own app.ts synthesizes, and what cdk-nag finds in it. */
function synthesized(example: Example) {
  let findings: Finding[] = [];
  const output = exampleAssembly(example, undefined, app => {
    // The rules have to be there for the very CDK that the app loads.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    findings = (require('../nag') as typeof import('../nag')).nagFindings(() => { require(app); });
  });
  const templates = readdirSync(output).filter(file => file.endsWith('.template.json'));
  return { output, findings, templates };
}

const acceptedOf = (name: string): Accepted[] => {
  const file = join(EXAMPLES, name, 'nag.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
};
const covers = (suppression: Accepted, { rule, path }: Finding) => rule.split('[')[0] === suppression.rule && path.startsWith(suppression.path);
/** What was found in the apps of an example. */
const found: { [name: string]: Finding[] } = {};

describe.each(examples.map(example => [example.title, example] as const))('%s', (_title, example) => {
  let made: ReturnType<typeof synthesized>;
  beforeAll(() => {
    made = synthesized(example);
    found[example.name] = [...found[example.name] ?? [], ...made.findings];
  });

  test('synthesizes to the template that its readers know', () => {
    expect(Object.fromEntries(made.templates.map(file => [
      // Asset hashes stand for contents, which other tests check.
      file, JSON.parse(readFileSync(join(made.output, file), 'utf8').replace(/[0-9a-f]{64}/g, '<hash>'), withoutNewerConditions),
    ]))).toMatchSnapshot();
  });

  (linter ? test : test.skip)('has templates without a fault to cfn-lint', () => {
    // W3005: the CDK itself says of each function that it comes after its role.
    const run = spawnSync(linter!, ['--regions', 'eu-west-1', '--ignore-checks', 'W3005', '--', ...made.templates.map(file => join(made.output, file))], { encoding: 'utf8' });
    expect(`${run.stdout}${run.stderr}`).toBe('');
    expect(run.status).toBe(0);
  });

  test('keeps the rules of cdk-nag, save those that it has a reason for', () => {
    const accepted = acceptedOf(example.name);
    expect(made.findings.filter(finding => !accepted.some(suppression => covers(suppression, finding)))).toEqual([]);
  });
});

describe.each(names)('%s', name => {
  test('has all that it needs in its own folder, so that it can be copied out', () => {
    const folder = join(EXAMPLES, name);
    const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const { private: isPrivate, dependencies, devDependencies } = read('package.json');
    const sources = ['app.ts', ...existsSync(join(folder, 'src')) ? readdirSync(join(folder, 'src')).map(file => `src/${file}`) : []];
    const imported = sources.flatMap(file => [...readFileSync(join(folder, file), 'utf8').matchAll(/ from '([^.'][^/']*)/g)].map(([, module]) => module))
      .filter(module => !module.startsWith('node:'));
    const known = Object.keys({ ...dependencies, ...devDependencies }).map(module => module.replace('@types/', ''));
    expect(known).toEqual(expect.arrayContaining([...imported, 'aws-cdk', 'esbuild', 'node', 'ts-node', 'typescript']));
    expect(isPrivate).toBe(true);
    // What the repository's own compiler checks the examples by, without its way to the library.
    const { rootDir, paths, ...shared } = JSON.parse(readFileSync(join(EXAMPLES, 'tsconfig.json'), 'utf8')).compilerOptions;
    expect(read('tsconfig.json')).toEqual({ compilerOptions: shared });
  });

  test('has a reason for each rule of cdk-nag that it does not keep, and no others', () => {
    const accepted = acceptedOf(name);
    expect(accepted.filter(suppression => !found[name].some(finding => covers(suppression, finding)))).toEqual([]);
    expect(accepted.filter(suppression => suppression.reason.length < 20)).toEqual([]);
  });
});
