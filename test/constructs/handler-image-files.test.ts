import { lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { container, extended, project, tree } from './images';
import { refusal } from '../refusal';
import { addFiles, workspace } from '../workspace';

describe('additional files (additionalFiles: source and destination)', () => {
  const outside = workspace({ secret: 'x' });
  const directory = project({
    'Dockerfile': 'FROM scratch\n', 'a.txt': 'a', 'folder/inner.txt': 'i', 'folder/deep/x.txt': 'x', 'svc/Dockerfile': 'FROM scratch\n', 'svc/a.txt': '', 'svc/nested/file': '',
  });
  symlinkSync(join(outside, 'secret'), join(directory, 'out-link'));
  symlinkSync('nowhere', join(directory, 'dangling'));
  symlinkSync('a.txt', join(directory, 'in-link'));
  symlinkSync(outside, join(directory, 'out-folder'));
  addFiles(directory, { 'bad/file': '' });
  symlinkSync(join(outside, 'secret'), join(directory, 'bad/secret'));
  const add = (...files: [string, string][]) =>
    container(directory, { additionalFiles: files.map(([source, destination]) => ({ source, destination })) });

  test.each([
    ['missing', 'x', /^Stack\/Image: 'additionalFiles' must be a source that exists \(looked for .*\/missing\), got 'missing'; give the path of an existing file .*\[CDK_HYBRID_IMAGE_FILE_NOT_FOUND\]$/],
    ['dangling', 'x', /got 'dangling, a link to nothing'.*IMAGE_FILE_NOT_FOUND\]$/],
    ['/etc/hostname', 'x', /must be a source inside .*, got '\/etc\/hostname'; put the file into the project.*\[CDK_HYBRID_IMAGE_FILE_OUTSIDE\]$/],
    ['../x', 'x', /got '\.\.\/x'.*IMAGE_FILE_OUTSIDE\]$/],
    ['folder/../../x', 'x', /IMAGE_FILE_OUTSIDE\]$/],
    ['out-link', 'x', /got 'out-link, a link to .*\/secret'.*IMAGE_FILE_OUTSIDE\]$/],
    ['out-folder/secret', 'x', /IMAGE_FILE_OUTSIDE\]$/],
    ['bad', 'x', /got 'bad\/secret, a link to .*IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', '/etc/a.txt', /'additionalFiles' must be a destination inside the build context, as a relative path, got '\/etc\/a\.txt'.*IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', '../a.txt', /IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', 'x/../../a.txt', /IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', '', /IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', 'C:\\a.txt', /IMAGE_FILE_OUTSIDE\]$/],
    ['a.txt', 'Dockerfile', /must be destinations that are free \(that one belongs to the Dockerfile\), got 'a\.txt at Dockerfile'; choose another destination \[CDK_HYBRID_IMAGE_FILE_COLLISION\]$/],
    ['a.txt', 'Dockerfile/x', /IMAGE_FILE_COLLISION\]$/],
  ])('%s at %s is refused', (source, destination, message) => {
    expect(refusal(() => add([source, destination]))).toMatch(message);
  });

  test('two at the same place are refused, also as file and folder, and beside the files of the context and the code', () => {
    expect(refusal(() => add(['a.txt', 'x'], ['in-link', './x']))).toContain('IMAGE_FILE_COLLISION');
    expect(refusal(() => add(['a.txt', 'x'], ['folder', 'x']))).toContain('IMAGE_FILE_COLLISION');
    expect(refusal(() => add(['folder', 'x'], ['a.txt', 'x']))).toContain('IMAGE_FILE_COLLISION');
    expect(refusal(() => add(['folder', 'x'], ['a.txt', 'x/deep']))).toContain('IMAGE_FILE_COLLISION');
    const inContext = (destination: string) => refusal(() => container(directory, { path: 'svc', additionalFiles: [{ source: 'a.txt', destination }] }));
    expect(inContext('a.txt')).toContain('belongs to a file of svc');
    expect(inContext('nested')).toContain('belongs to a file of svc');
    expect(inContext('Dockerfile')).toContain('belongs to the Dockerfile');
    expect(refusal(() => extended(directory, { additionalFiles: [{ source: 'a.txt', destination: 'code/index.js' }] }))).toContain('IMAGE_FILE_COLLISION');
  });

  test('two folders may meet where their files do not', () => {
    expect(tree(add(['folder', 'x'], ['a.txt', 'x/a.txt']).context)).toEqual(['Dockerfile', 'x', 'x/a.txt', 'x/deep', 'x/deep/x.txt', 'x/inner.txt']);
  });

  test('links within a folder stay links, links elsewhere in the project are what they point to, and circles end', () => {
    const linked = project({ 'Dockerfile': 'FROM scratch\n', 'a.txt': 'a', 'folder/inner.txt': 'i', 'links/real.txt': 'r' });
    for (const [target, path] of [['a.txt', 'in-link'], ['real.txt', 'links/same'], ['../a.txt', 'links/project'], ['../folder', 'links/folder'], ['inner.txt', 'folder/own'], ['../links', 'folder/back']]) {
      symlinkSync(target, join(linked, path));
    }
    const { context } = container(linked, { additionalFiles: [{ source: 'in-link', destination: 'plain' }, { source: 'links', destination: 'l' }] });
    expect(tree(context)).toEqual(['Dockerfile', 'l', 'l/folder', 'l/folder/inner.txt', 'l/folder/own', 'l/project', 'l/real.txt', 'l/same', 'plain']);
    expect(tree(context).filter(path => lstatSync(join(context, path)).isSymbolicLink())).toEqual(['l/folder/own', 'l/same']);
    expect(['plain', 'l/same', 'l/project', 'l/folder/own'].map(path => readFileSync(join(context, path), 'utf8'))).toEqual(['a', 'r', 'a', 'i']);
  });
});
