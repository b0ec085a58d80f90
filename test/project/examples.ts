/** The examples in TypeScript, each once for every app that its context makes of it, and what they synthesize. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inDirectory, workspace } from '../workspace';

export const EXAMPLES = join(__dirname, '../../examples');

/** An example as it is started. */
export interface Example {
  readonly title: string;
  /** Its folder. */
  readonly name: string;
  /** What `cdk -c` gives it. */
  readonly context: { readonly [name: string]: string };
}

/** What an example asks its context for, beside what it does without. */
const CONTEXTS: { readonly [name: string]: readonly Example['context'][] } = {
  'api-and-events': [{ compute: 'service' }],
};

/** The one in Python has a test of its own. */
export const names = readdirSync(EXAMPLES).filter(name => existsSync(join(EXAMPLES, name, 'app.ts')));

export const examples: Example[] = names.flatMap(name => [{}, ...CONTEXTS[name] ?? []].map(context => ({
  title: [name, ...Object.entries(context).map(pair => `-c ${pair.join('=')}`)].join(' '), name, context,
})));

/**
 * The assembly of what an example's own app.ts synthesizes.
 *
 * @param folder in the place of the example's own: what `app.ts` names by relative paths
 * @param load is given `app.ts` among modules that nobody else has, so that it runs each time
 */
export function exampleAssembly({ name, context }: Pick<Example, 'name' | 'context'>, folder = join(EXAMPLES, name), load: (app: string) => void = require): string {
  const assembly = workspace();
  const environment = { CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: JSON.stringify(context), JSII_DEPRECATED: 'quiet' };
  inDirectory(folder, environment, () => jest.isolateModules(() => load(join(EXAMPLES, name, 'app.ts'))));
  return assembly;
}
