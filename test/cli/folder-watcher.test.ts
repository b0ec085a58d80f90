import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderWatcher } from '../../cli/src/watch/folder-watcher';
import { addFiles, workspace } from '../workspace';

let watcher: FolderWatcher;
afterEach(() => watcher.close());

/** Watches; `until` waits for a path, and gives all that were told before it. */
function watching(directory: string): (path: string) => Promise<string[]> {
  let told: string[] = [];
  let waiter = (): void => {};
  watcher = new FolderWatcher(directory, join(directory, 'out/assembly'), (path) => {
    told.push(path);
    waiter();
  });
  return (path) => new Promise((resolve) => {
    waiter = () => {
      if (!told.includes(path)) return;
      waiter = () => {};
      resolve(told.splice(0).filter((each) => each !== path));
      told = [];
    };
    waiter();
  });
}

test('tells files that are written, made, renamed and removed, in any folder', async () => {
  const directory = workspace({ 'src/deep/a.ts': '1', 'src/b.ts': '1' });
  const until = watching(directory);
  writeFileSync(join(directory, 'src/deep/a.ts'), '2');
  await until('src/deep/a.ts');
  writeFileSync(join(directory, 'src/new.ts'), '1');
  await until('src/new.ts');
  renameSync(join(directory, 'src/b.ts'), join(directory, 'src/c.ts'));
  await until('src/c.ts');
  rmSync(join(directory, 'src/c.ts'));
  await until('src/c.ts');
});

test('watches folders that come later, and forgets those that go', async () => {
  const directory = workspace({ 'a.ts': '1' });
  const until = watching(directory);
  mkdirSync(join(directory, 'later/deep'), { recursive: true });
  await until('later');
  writeFileSync(join(directory, 'later/deep/b.ts'), '1');
  await until('later/deep/b.ts');
  rmSync(join(directory, 'later'), { recursive: true });
  await until('later');
  mkdirSync(join(directory, 'later'));
  await until('later');
  writeFileSync(join(directory, 'later/c.ts'), '1');
  await until('later/c.ts');
});

test('does not tell what is installed or made, what belongs to tools, and what editors leave for a moment', async () => {
  const directory = workspace({
    'a.ts': '1', '.env': '1', 'node_modules/x/index.js': '1', 'packages/p/node_modules/x/index.js': '1', '.git/HEAD': '1', 'cdk.out/manifest.json': '1', 'out/assembly/manifest.json': '1',
  });
  const until = watching(directory);
  addFiles(directory, {
    'node_modules/x/index.js': '2',
    'packages/p/node_modules/x/index.js': '2',
    '.git/HEAD': '2',
    'cdk.out/manifest.json': '2',
    'out/assembly/manifest.json': '2',
    'a.ts~': '1',
    '.a.ts.swp': '1',
    '4913': '1',
    'npm-debug.log': '1',
    'packages/p/cdk.out.watch/manifest.json': '1',
  });
  // A dotted file can be an input, as .env is.
  writeFileSync(join(directory, '.env'), '2');
  expect(await until('.env')).toEqual([]);
});

test('does not tell a file that is written again as it was', async () => {
  const directory = workspace({ 'a.ts': '1', 'z.ts': '1' });
  const until = watching(directory);
  writeFileSync(join(directory, 'a.ts'), '2');
  await until('a.ts');
  writeFileSync(join(directory, 'z.ts'), '2');
  await until('z.ts');
  // Each comes as a file that is cut off first, and may be seen so: in one step it is not.
  writeFileSync(join(directory, 'again.tmp'), '2');
  renameSync(join(directory, 'again.tmp'), join(directory, 'a.ts'));
  writeFileSync(join(directory, 'mark'), '1');
  expect(await until('mark')).toEqual([]);
});
