/** Apps on an engine of some bytes: the real one has 100 MB. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { npmEnvironment, smallEngine, startRegistry } from './registry';
import { inDirectory, workspace } from './workspace';
import { Engine, HandlerCode, HandlerRuntime } from '../src';

export { refusal } from './refusal';

const small = smallEngine('24.0.99');
const cache = workspace();
let registry: { [name: string]: string };
beforeAll(async () => { registry = npmEnvironment(await startRegistry(small.directory)); });

/** The runtime, for x86. */
export const SMALL_RUNTIME = HandlerRuntime.nodejs(Engine.nodejs('24.0.99', { sha512X86: small.checksum }));

/** The code of its handlers, `index.handler` and `users.list`. */
export const SMALL_CODE = HandlerCode.fromDirectory('dist');

const project = workspace({ 'dist/index.js': '', 'dist/users.js': '', 'Dockerfile': 'FROM scratch\n' });

/** Runs `body` where the runtime and the code can be had. */
export function withSmallRuntime<T>(body: () => T): T {
  return inDirectory(project, { ...registry, CDK_HYBRID_CACHE_DIR: cache }, body);
}

/** The template of a stack in eu-west-1. */
export function synthesized(make: (stack: Stack) => void, context: { [name: string]: unknown } = {}): Template {
  return withSmallRuntime(() => {
    const stack = new Stack(new App({ outdir: workspace(), context }), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    make(stack);
    return Template.fromStack(stack);
  });
}
