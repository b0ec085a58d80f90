import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as ts from 'typescript';

const root = join(__dirname, '../..');
/** The tests of what apps synthesize. */
const TESTS = ['computes', 'constructs', 'e2e', 'model', 'private', 'triggers'].map(name => join(root, 'test', name));
/** What computes and triggers tell each other: no options of users. */
const NO_OPTIONS = ['ComputeConfig', 'ComputeContext', 'EventTargetOptions', 'HttpGatewayEnd', 'HttpGatewayOptions', 'HttpTargetOptions', 'QueueTargetOptions', 'TriggerConfig', 'TriggerContext'];

const files = (directory: string, ending: string) => readdirSync(directory, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith(ending)).map(path => join(directory, path));
const parsed = (path: string) => ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);

/** The words of the names of all tests, those of the rows of a table included. */
function namesOf(file: ts.SourceFile): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && /^(test|describe)\b/.test(node.expression.getText(file))) {
      const [name] = node.arguments;
      if (name && ts.isStringLiteralLike(name)) { names.push(name.text); }
      // Its rows: test.each([['row', ...], ...])('%s', ...)
      if (ts.isCallExpression(node.expression)) { node.expression.arguments.forEach(rows => rows.forEachChild(row => names.push(...rowName(row)))); }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

function rowName(row: ts.Node): string[] {
  const first = ts.isArrayLiteralExpression(row) ? row.elements[0] : row;
  return first && ts.isStringLiteralLike(first) ? [first.text] : [];
}

test('every option of a user has a test that is named after it', () => {
  const words = new Set(TESTS.flatMap(directory => files(directory, '.test.ts')).flatMap(path => namesOf(parsed(path))).flatMap(name => name.match(/\w+/g) ?? []));
  const index = parsed(join(root, 'src/index.ts'));
  const exported = new Set(index.statements.filter(ts.isExportDeclaration)
    .flatMap(({ exportClause }) => exportClause && ts.isNamedExports(exportClause) ? exportClause.elements.map(({ name }) => name.text) : []));
  const options = files(join(root, 'src'), '.ts').flatMap(path => {
    const file = parsed(path);
    return file.statements.filter(ts.isInterfaceDeclaration)
      // Interfaces with methods begin with an I.
      .filter(({ name: { text } }) => exported.has(text) && !/^I[A-Z]/.test(text) && !NO_OPTIONS.includes(text))
      .flatMap(({ name, members }) => members.filter(ts.isPropertySignature)
        .map(member => ({ option: member.name.getText(file), of: `${relative(root, path)}: ${name.text}` })));
  });
  expect(options.length).toBeGreaterThan(200);
  expect(options.filter(({ option }) => !words.has(option)).map(({ option, of }) => `${of}.${option}`)).toEqual([]);
});
