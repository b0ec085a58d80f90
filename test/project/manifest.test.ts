import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PAGES, withTables } from '../../build-tools/tables';
import { workspace } from '../workspace';

const root = join(__dirname, '../..');

interface Docs { summary?: string; default?: string; stability?: string }
interface Member {
  name: string;
  optional?: boolean;
  docs?: Docs;
  type?: TypeReference;
  parameters?: { name: string; type: TypeReference }[];
  returns?: { type: TypeReference };
}
interface TypeReference { union?: object; primitive?: string; fqn?: string }
interface Type {
  fqn: string;
  kind: string;
  interfaces?: string[];
  datatype?: boolean;
  docs?: Docs;
  properties?: Member[];
  methods?: Member[];
  initializer?: Member;
}

/** The manifest that jsii makes of src, in a folder of its own. */
let types: Type[];
let manifest: { types: Record<string, Type> };
beforeAll(() => {
  const directory = workspace();
  for (const name of ['package.json', 'tsconfig.json', 'README.md', 'LICENSE', '.npmignore']) { cpSync(join(root, name), join(directory, name)); }
  cpSync(join(root, 'src'), join(directory, 'src'), { recursive: true });
  mkdirSync(join(directory, 'cli'), { recursive: true });
  cpSync(join(root, 'cli/bin'), join(directory, 'cli/bin'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'), 'junction');
  const run = spawnSync(process.execPath, [require.resolve('jsii/bin/jsii'), '--silence-warnings=reserved-word'], {
    cwd: directory, encoding: 'utf8', env: { ...process.env, JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION: '1', JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1' },
  });
  expect([run.status, /\[(WARN|ERROR)\].*|warning JSII.*/.exec(run.stdout + run.stderr)?.[0]]).toEqual([0, undefined]);
  manifest = JSON.parse(readFileSync(join(directory, '.jsii'), 'utf8'));
  types = Object.values(manifest.types);
}, 240_000);

const problems = (check: (type: Type) => (string | false | undefined)[]) => types.flatMap(type => check(type).filter(Boolean).map(text => `${type.fqn}: ${text}`));

test('every type and member has a sentence that says what it is', () => {
  expect(problems(type => [
    !type.docs?.summary && 'no summary',
    ...[...type.properties ?? [], ...type.methods ?? []]
      .filter(member => !member.docs?.summary && !['bind', 'computeName', 'servicePrincipals'].includes(member.name))
      .map(member => `${member.name} has no summary`),
  ])).toEqual([]);
});

test('every optional property says its default', () => {
  expect(problems(type => !type.datatype ? [] : (type.properties ?? []).map(property =>
    property.optional && !property.docs?.default && `${property.name} has no @default`))).toEqual([]);
});

test('no unions and no any: each language sees one type', () => {
  const bad = (reference?: TypeReference) => reference && (reference.union || reference.primitive === 'any');
  expect(problems(type => [
    ...(type.properties ?? []).map(property => bad(property.type) && `${property.name}`),
    ...[...type.methods ?? [], ...type.initializer ? [type.initializer] : []].flatMap(method => [
      bad(method.returns?.type) && `${method.name}()`,
      ...(method.parameters ?? []).map(parameter => bad(parameter.type) && `${method.name}(${parameter.name})`),
    ]),
  ])).toEqual([]);
});

test('no parameter has the name of a property of the struct beside it: Python has both as keywords of one call', () => {
  const properties = (fqn?: string): string[] => {
    const type = manifest.types[fqn ?? ''];
    return type?.datatype ? [...(type.properties ?? []).map(({ name }) => name), ...(type.interfaces ?? []).flatMap(properties)] : [];
  };
  const clashes = ({ name = 'constructor', parameters = [] }: Member) => {
    const keywords = [...parameters.slice(0, -1).map(parameter => parameter.name), ...properties(parameters.at(-1)?.type.fqn)];
    return keywords.filter((keyword, at) => keywords.indexOf(keyword) !== at).map(keyword => `${name}: ${keyword}`);
  };
  expect(problems(type => [...type.methods ?? [], ...type.initializer ? [type.initializer] : []].flatMap(clashes))).toEqual([]);
});

test('the public API is what the index lists', () => {
  expect(types.map(type => type.fqn).sort()).toMatchSnapshot();
});

test.each(PAGES)('the tables of %s are what the code knows (npx projen tables writes them)', page => {
  const text = readFileSync(join(root, page), 'utf8');
  expect(text).toContain('<!-- table: ');
  expect(text).toBe(withTables(text, manifest));
});
