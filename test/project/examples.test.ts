import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../nag';
import { templateLinter } from '../real-parts';
import { inDirectory, workspace } from '../workspace';

const examples = join(__dirname, '../../examples');
// Apps in TypeScript; the one in Python has a test of its own.
const names = readdirSync(examples).filter(name => existsSync(join(examples, name, 'app.ts')));
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
function synthesized(name: string) {
  const output = workspace();
  let findings: Finding[] = [];
  inDirectory(join(examples, name), { CDK_OUTDIR: output }, () => jest.isolateModules(() => {
    // The rules have to be there for the very CDK that the app loads.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    findings = (require('../nag') as typeof import('../nag')).nagFindings(() => { require(join(examples, name, 'app.ts')); });
  }));
  const templates = readdirSync(output).filter(file => file.endsWith('.template.json'));
  return { output, findings, templates };
}

describe.each(names)('%s', name => {
  let made: ReturnType<typeof synthesized>;
  beforeAll(() => { made = synthesized(name); });

  test('synthesizes to the template that its readers know', () => {
    expect(Object.fromEntries(made.templates.map(file => [
      // Asset hashes stand for contents, which other tests check.
      file, JSON.parse(readFileSync(join(made.output, file), 'utf8').replace(/[0-9a-f]{64}/g, '<hash>'), withoutNewerConditions),
    ]))).toMatchSnapshot();
  });

  test('has all that it needs in its own folder, so that it can be copied out', () => {
    const folder = join(examples, name);
    const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const { private: isPrivate, dependencies, devDependencies } = read('package.json');
    const sources = ['app.ts', ...existsSync(join(folder, 'src')) ? readdirSync(join(folder, 'src')).map(file => `src/${file}`) : []];
    const imported = sources.flatMap(file => [...readFileSync(join(folder, file), 'utf8').matchAll(/ from '([^.'][^/']*)/g)].map(([, module]) => module))
      .filter(module => !module.startsWith('node:'));
    const known = Object.keys({ ...dependencies, ...devDependencies }).map(module => module.replace('@types/', ''));
    expect(known).toEqual(expect.arrayContaining([...imported, 'aws-cdk', 'esbuild', 'node', 'ts-node', 'typescript']));
    expect(isPrivate).toBe(true);
    // What the repository's own compiler checks the examples by, without its way to the library.
    const { rootDir, paths, ...shared } = JSON.parse(readFileSync(join(examples, 'tsconfig.json'), 'utf8')).compilerOptions;
    expect(read('tsconfig.json')).toEqual({ compilerOptions: shared });
  });

  (linter ? test : test.skip)('has templates without a fault to cfn-lint', () => {
    // W3005: the CDK itself says of each function that it comes after its role.
    const run = spawnSync(linter!, ['--regions', 'eu-west-1', '--ignore-checks', 'W3005', '--', ...made.templates.map(file => join(made.output, file))], { encoding: 'utf8' });
    expect(`${run.stdout}${run.stderr}`).toBe('');
    expect(run.status).toBe(0);
  });

  test('keeps the rules of cdk-nag, save those that it has a reason for', () => {
    const file = join(examples, name, 'nag.json');
    const accepted: Accepted[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
    const covers = (suppression: Accepted, { rule, path }: Finding) => rule.split('[')[0] === suppression.rule && path.startsWith(suppression.path);
    expect(made.findings.filter(finding => !accepted.some(suppression => covers(suppression, finding)))).toEqual([]);
    const needless = accepted.filter(suppression => !made.findings.some(finding => covers(suppression, finding)));
    expect(needless).toEqual([]);
    expect(accepted.filter(suppression => suppression.reason.length < 20)).toEqual([]);
  });
});
