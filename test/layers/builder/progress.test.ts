import { progress } from '../../../layers/builder/progress';

const written: string[] = [];
const { isTTY } = process.stderr;
beforeEach(() => {
  written.length = 0;
  jest.spyOn(process.stderr, 'write').mockImplementation(text => written.push(`${text}`) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

test('on a terminal one line says what is done, and is gone afterwards', () => {
  process.stderr.isTTY = true;
  progress('downloading');
  progress('compressing');
  progress();
  expect(written).toEqual(['\r\x1b[2Kcdk-hybrid: downloading ...', '\r\x1b[2Kcdk-hybrid: compressing ...', '\r\x1b[2K']);
});

test('elsewhere nothing is written', () => {
  process.stderr.isTTY = false;
  progress('downloading');
  progress();
  expect(written).toEqual([]);
});
