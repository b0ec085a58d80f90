import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FolderWatcher } from '../../cli/src/watch/folder-watcher';
import { addFiles, workspace } from '../workspace';

let watcher: FolderWatcher;
afterEach(() => watcher.close());

/** Watches; `until` waits until something happens to a path, and gives what has changed by then. */
function watching(directory: string): (path: string) => Promise<string[]> {
  const seen = new Set<string>();
  let waiter = (): void => {};
  watcher = new FolderWatcher(directory, join(directory, 'out/assembly'), (path) => {
    seen.add(path);
    waiter();
  });
  return (path) => new Promise((resolve) => {
    waiter = () => {
      if (!seen.has(path)) return;
      waiter = () => {};
      seen.clear();
      resolve(watcher.changes());
    };
    waiter();
  });
}

test('tells files that are written, made, renamed and removed, in any folder', async () => {
  const directory = workspace({ 'src/deep/a.ts': '1', 'src/b.ts': '1' });
  const until = watching(directory);
  writeFileSync(join(directory, 'src/deep/a.ts'), '2');
  expect(await until('src/deep/a.ts')).toEqual(['src/deep/a.ts']);
  writeFileSync(join(directory, 'src/new.ts'), '1');
  expect(await until('src/new.ts')).toContain('src/new.ts');
  renameSync(join(directory, 'src/b.ts'), join(directory, 'src/c.ts'));
  expect(await until('src/c.ts')).toEqual(expect.arrayContaining(['src/b.ts', 'src/c.ts']));
  rmSync(join(directory, 'src/c.ts'));
  expect(await until('src/c.ts')).toEqual(['src/c.ts']);
});

test('watches folders that come later, and forgets those that go', async () => {
  const directory = workspace({ 'a.ts': '1' });
  const until = watching(directory);
  mkdirSync(join(directory, 'later/deep'), { recursive: true });
  expect(await until('later')).toContain('later');
  writeFileSync(join(directory, 'later/deep/b.ts'), '1');
  expect(await until('later/deep/b.ts')).toContain('later/deep/b.ts');
  rmSync(join(directory, 'later'), { recursive: true });
  expect(await until('later')).toContain('later');
  mkdirSync(join(directory, 'later'));
  expect(await until('later')).toContain('later');
  writeFileSync(join(directory, 'later/c.ts'), '1');
  expect(await until('later/c.ts')).toContain('later/c.ts');
});

test('tells the files of a folder that comes with them', async () => {
  const directory = workspace();
  const elsewhere = workspace({ 'new/deep/a.ts': '1', 'new/node_modules/b.ts': '1', 'new/c.log': '1' });
  const until = watching(directory);
  renameSync(join(elsewhere, 'new'), join(directory, 'new'));
  expect((await until('new')).sort()).toEqual(['new', 'new/deep', 'new/deep/a.ts']);
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
  expect(await until('.env')).toEqual(['.env']);
});

test('does not tell what is as it was, though it was written again, or removed and made anew', async () => {
  const directory = workspace({ 'a.ts': '1', 'made/b.js': '1' });
  const until = watching(directory);
  const make = async (mark: string): Promise<string[]> => {
    rmSync(join(directory, 'made'), { recursive: true });
    addFiles(directory, { 'made/b.js': '1', 'made/deep/c.js': '1', 'a.ts': '2' });
    writeFileSync(join(directory, 'mark'), mark);
    return until('mark');
  };
  expect(await make('1')).toContain('a.ts');
  // What was never looked at before counts as changed once, also where its folder is known only now.
  await make('2');
  expect(await make('3')).toEqual(['mark']);
  writeFileSync(join(directory, 'made/deep/c.js'), '2');
  expect(await until('made/deep/c.js')).toEqual(['made/deep/c.js']);
});
