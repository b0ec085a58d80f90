import { join } from 'node:path';
import { HANDLERS } from './bootstrap-process';
import { loadHandler, parseHandlerName } from '../../../layers/runtime/core/handler-loader';

test.each([
  ['index.handler', 'index', ['handler']],
  ['dir/sub/file.export.nested', 'dir/sub/file', ['export', 'nested']],
  ['/opt/code/file.handler', '/opt/code/file', ['handler']],
  ['dir.with.dots/file.handler', 'dir.with.dots/file', ['handler']],
])('%s names a file and an export', (name, file, path) => {
  expect(parseHandlerName(name)).toEqual({ file, path });
});

test.each(['', 'index', 'index.', '.handler', 'dir/.handler', 'index..handler', '../index.handler', 'index.a..b'])('%j is no handler name', (name) => {
  expect(() => parseHandlerName(name)).toThrow(expect.objectContaining({ name: 'Runtime.MalformedHandlerName' }));
});

test.each([
  ['nested/deep/file.handler', 'nested file'],
  ['nested/deep/file.export.nested', 'nested file and export'],
  ['forms.a.b.c', 'nested export'],
  ['common.handler', 'cjs'],
  ['folder.handler', 'folder'],
  ['plain.handler', 'extensionless'],
  [join(HANDLERS, 'common.handler'), 'cjs'],
])('%s is loaded at once', async (name, result) => {
  const handler = loadHandler(HANDLERS, name);
  expect(typeof handler).toBe('function');
  expect(await (handler as () => unknown)()).toBe(result);
});

test.each([
  ['nope.handler', 'Runtime.ImportModuleError', /^Error: Cannot (find|resolve) module 'nope'/],
  ['missing-dependency.handler', 'Runtime.ImportModuleError', /^Error: Cannot find module 'not-installed'/],
  ['forms.nope', 'Runtime.HandlerNotFound', /^forms\.nope is undefined or not exported$/],
  ['forms.async.nope.deeper', 'Runtime.HandlerNotFound', /is undefined or not exported$/],
  ['forms.notAFunction', 'Runtime.HandlerNotFound', /^forms\.notAFunction is not a function but number$/],
])('%s fails with %s', (name, type, message) => {
  expect(() => loadHandler(HANDLERS, name)).toThrow(expect.objectContaining({ name: type, message: expect.stringMatching(message) }));
});

test('what the module itself throws is not touched', () => {
  expect(() => loadHandler(HANDLERS, 'throws.handler')).toThrow(expect.objectContaining({ name: 'TypeError', message: 'while loading' }));
});
