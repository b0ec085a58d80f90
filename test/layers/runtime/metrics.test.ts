import { Metrics } from '../../../layers/runtime/core/metrics';

interface Line { _aws: { Timestamp: number; CloudWatchMetrics: { Metrics: { Name: string; Unit: string }[] }[] }; [name: string]: unknown }

const lines: string[] = [];
const parsed = () => lines.map((line) => JSON.parse(line) as Line);
const metrics = () => new Metrics('a function', (line) => lines.push(line));

beforeEach(() => {
  jest.useFakeTimers();
  lines.length = 0;
});
afterEach(() => jest.useRealTimers());

test('what happens in ten seconds is one line of CloudWatch\'s embedded metric format', () => {
  const measured = metrics();
  measured.invoked(1.23456, false);
  jest.advanceTimersByTime(9_999);
  measured.invoked(2_000, true);
  measured.invoked(undefined, true);
  measured.throttled();
  expect(lines).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(lines[0].endsWith('}\n')).toBe(true);
  expect(parsed()).toEqual([{
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{
        Namespace: 'CdkHybrid',
        Dimensions: [['FunctionName']],
        Metrics: [{ Name: 'Invocations', Unit: 'Count' }, { Name: 'Errors', Unit: 'Count' }, { Name: 'Throttles', Unit: 'Count' }, { Name: 'Duration', Unit: 'Milliseconds' }],
      }],
    },
    FunctionName: 'a function',
    Invocations: 3,
    Errors: 2,
    Throttles: 1,
    Duration: [1.23, 2_000],
  }]);
});

test('where nothing happens there is no line, and the next one begins anew', () => {
  const measured = metrics();
  jest.advanceTimersByTime(60_000);
  measured.flush();
  expect(lines).toEqual([]);
  measured.throttled();
  jest.advanceTimersByTime(60_000);
  measured.invoked(5, false);
  measured.flush();
  measured.flush();
  jest.advanceTimersByTime(60_000);
  expect(parsed().map(({ _aws: _, ...rest }) => rest)).toEqual([{ FunctionName: 'a function', Throttles: 1 }, { FunctionName: 'a function', Invocations: 1, Errors: 0, Duration: [5] }]);
});

test('all invocations are counted; of many durations a hundred are told, from the first to the last, as many as CloudWatch takes', () => {
  const measured = metrics();
  for (let n = 0; n < 100_000; n++) measured.invoked(n, false);
  measured.flush();
  const [{ Invocations, Duration }] = parsed() as [Line & { Duration: number[] }];
  expect(Invocations).toBe(100_000);
  expect(Duration).toHaveLength(100);
  // Each is as likely as any other: their mean is that of all, give or take six standard errors.
  const mean = Duration.reduce((sum, value) => sum + value) / 100;
  expect(Math.abs(mean - 50_000)).toBeLessThan(6 * 100_000 / Math.sqrt(12) / 10);
});

test('each metric that is named has a value', () => {
  const measured = metrics();
  measured.invoked(undefined, true);
  measured.flush();
  const [line] = parsed();
  expect(line._aws.CloudWatchMetrics[0].Metrics.map(({ Name }) => Name)).toEqual(['Invocations', 'Errors']);
  expect(line).toMatchObject({ Invocations: 1, Errors: 1 });
});
