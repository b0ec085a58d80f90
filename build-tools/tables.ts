// The tables of the documentation that the code knows: which compute has which triggers, runtimes and options. Run after
// jsii has compiled, this writes them between the markers in the pages; a test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPUTES, ComputeName, OPTION_RUNTIMES, RUNTIME_SUPPORT, SupportRow, TRIGGER_SUPPORT, TriggerName } from '../src/model/support';

const ROOT = join(__dirname, '..');
/** The pages that have tables between `<!-- table: name -->` and `<!-- end of table -->`. */
export const PAGES = ['README.md', 'docs/computes.md', 'docs/triggers.md'];

const OPTIONS: { [compute in ComputeName]: string } = {
  lambdaFunction: 'LambdaFunctionComputeProps',
  lambdaImage: 'LambdaImageComputeProps',
  service: 'ServiceComputeProps',
  process: 'ProcessComputeProps',
  task: 'TaskComputeProps',
  batchJob: 'BatchJobComputeProps',
};

/** The structs of triggers whose options a page has in a table, `<!-- table: topicOptions -->`. */
const TRIGGER_OPTIONS: { [trigger in TriggerName]?: string } = {
  queue: 'QueueTriggerProps',
  topic: 'TopicTriggerProps',
  bucket: 'BucketTriggerProps',
  eventPattern: 'EventPatternTriggerProps',
  schedule: 'ScheduleTriggerProps',
  userPool: 'UserPoolTriggerProps',
  tableStream: 'TableStreamTriggerProps',
  dataStream: 'DataStreamTriggerProps',
  logGroup: 'LogGroupTriggerProps',
};

interface JsiiProperty { readonly name: string; readonly docs?: { readonly summary?: string; readonly remarks?: string; readonly default?: string } }
interface JsiiType { readonly properties?: JsiiProperty[]; readonly interfaces?: string[] }
interface Manifest { readonly types: { readonly [fqn: string]: JsiiType } }

const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;
const table = (head: string[], rows: string[][]) => [row(...head), `|${head.map(() => '---').join('|')}|`, ...rows.map(cells => row(...cells))].join('\n');
const mark = (is: boolean) => is ? 'yes' : '';

function supportTable(what: string, support: { readonly [name: string]: SupportRow }): string {
  return table([what, ...COMPUTES], Object.entries(support).map(([name, computes]) => [`\`${name}\``, ...COMPUTES.map(compute => mark(computes[compute] === true))]));
}

/** The properties of a struct, its own and those of what it extends. */
function propertiesOf(manifest: Manifest, fqn: string): JsiiProperty[] {
  const type = manifest.types[fqn];
  if (!type) { return []; }
  return [...(type.interfaces ?? []).flatMap(base => propertiesOf(manifest, base)), ...type.properties ?? []];
}

function optionTable(manifest: Manifest): string {
  const computes = new Map(COMPUTES.map(compute => [compute, new Map(propertiesOf(manifest, `cdk-hybrid.${OPTIONS[compute]}`).map(property => [property.name, property]))]));
  const names = [...new Set([...computes.values()].flatMap(options => [...options.keys()]))].sort();
  return table(['option', 'is', ...COMPUTES, 'runtimes'], names.map(name => {
    const summary = [...computes.values()].map(options => options.get(name)?.docs?.summary).find(text => text) ?? '';
    const runtimes = (OPTION_RUNTIMES as { [option: string]: readonly string[] })[name];
    return [`\`${name}\``, summary.replace(/\.$/, '').replace(/\|/g, '\\|'), ...COMPUTES.map(compute => mark(computes.get(compute)!.has(name))), runtimes ? runtimes.map(kind => `\`${kind}\``).join(', ') : 'all'];
  }));
}

function triggerOptionTable(manifest: Manifest, struct: string): string {
  const cell = (words: string) => words.replace(/\s+/g, ' ').replace(/\|/g, '\\|').trim();
  return table(['option', 'is', 'default'], propertiesOf(manifest, `cdk-hybrid.${struct}`).map(({ name, docs = {} }) => [
    `\`${name}\``, cell(`${docs.summary} ${docs.remarks ?? ''}`).replace(/\.$/, ''), docs.default === undefined ? 'required' : cell(docs.default).replace(/^- /, ''),
  ]));
}

function reasons(): string {
  return Object.entries(TRIGGER_SUPPORT as { [trigger: string]: SupportRow }).flatMap(([trigger, computes]) => COMPUTES
    .filter(compute => computes[compute] !== true).map(compute => `- \`${trigger}\` on \`${compute}\`: ${computes[compute]}`)).join('\n');
}

/** The page with its tables as the code has them. */
export function withTables(page: string, manifest: Manifest): string {
  const tables: { [name: string]: () => string } = {
    triggers: () => supportTable('trigger', TRIGGER_SUPPORT),
    runtimes: () => supportTable('runtime', RUNTIME_SUPPORT),
    reasons,
    options: () => optionTable(manifest),
    ...Object.fromEntries(Object.entries(TRIGGER_OPTIONS).map(([trigger, struct]) => [`${trigger}Options`, () => triggerOptionTable(manifest, struct)])),
  };
  return page.replace(/(<!-- table: (\w+) -->\n)[^]*?(<!-- end of table -->)/g, (_, start: string, name: string, end: string) => {
    if (!tables[name]) { throw new Error(`there is no table '${name}'; known are ${Object.keys(tables).join(', ')}`); }
    return `${start}\n${tables[name]()}\n\n${end}`;
  });
}

if (require.main === module) {
  const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, '.jsii'), 'utf8'));
  for (const page of PAGES) {
    const path = join(ROOT, page);
    writeFileSync(path, withTables(readFileSync(path, 'utf8'), manifest));
  }
}
