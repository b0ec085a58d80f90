import { Refusals } from '../../../layers/runtime/host/refusals';

let told: string[];

beforeEach(() => {
  told = [];
  jest.spyOn(process.stderr, 'write').mockImplementation((line) => {
    told.push(String(line));
    return true;
  });
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('refused requests are told in one line for many, by status', () => {
  const refusals = new Refusals();
  for (const status of [503, 413, 503, 503]) refusals.count(status);
  expect(told).toEqual([]);
  jest.advanceTimersByTime(10_000);
  expect(told).toEqual(['cdk-hybrid: http: requests were refused: 1 with 413, 3 with 503\n']);
  refusals.count(503);
  jest.advanceTimersByTime(10_000);
  expect(told[1]).toBe('cdk-hybrid: http: requests were refused: 1 with 503\n');
});

test('what was counted last is told when there is no time left, and nothing when nothing was refused', () => {
  const refusals = new Refusals();
  refusals.tell();
  refusals.count(503);
  refusals.tell();
  jest.advanceTimersByTime(60_000);
  expect(told).toEqual(['cdk-hybrid: http: requests were refused: 1 with 503\n']);
});
