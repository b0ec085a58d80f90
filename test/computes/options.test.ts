/** What can be set must be seen to work: the name of a test says which option it is about. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const testFiles = ['test/computes', 'test/triggers', 'test/constructs'].flatMap(folder => readdirSync(join(ROOT, folder)).filter(file => file.endsWith('.test.ts')).map(file => join(folder, file)));
const names = testFiles.flatMap(file => [...read(file).matchAll(/^\s*(?:test|describe)[^'\n]*\('(.*)',/gm)].map(([, name]) => name)).join('\n');

/** The members of the interfaces of a file, which are what users set. */
const optionsOf = (file: string) => [...new Set([...read(file).matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option]) => option))];

describe.each([
  'src/computes/ecs-options.ts', 'src/computes/ecs-service-options.ts', 'src/computes/ecs-scaling.ts', 'src/computes/ecs-tracing.ts', 'src/computes/service.ts', 'src/computes/process.ts',
  'src/triggers/load-balancer-options.ts', 'src/triggers/http-login.ts', 'src/triggers/schedule.ts',
  'src/constructs/hybrid-network.ts', 'src/constructs/launchable-task.ts',
])('each option of %s', file => {
  test.each(optionsOf(file))('%s is in the name of a test', option => {
    expect(names).toMatch(new RegExp(`\\b${option}\\b`));
  });
});
