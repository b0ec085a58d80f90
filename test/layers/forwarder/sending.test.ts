import { HELD_BACK, MOST_BYTES, sendInOrder, type Send } from '../../../layers/forwarder/sending';

interface Item { group: string; body: string; n: number }
const options = { lanes: 8, isLate: () => false };
const items = (count: number, groups: number, bytes = 1): Item[] => Array.from({ length: count }, (_, n) => ({ group: `g${n % groups}`, body: 'x'.repeat(bytes), n }));

/** A queue that keeps what it takes, and refuses what it is told to. Requests end in another order than they began. */
function queue(refuses: (item: Item) => boolean = () => false) {
  const taken: Item[] = [];
  const requests: Item[][] = [];
  const send: Send<Item> = async entries => {
    requests.push([...entries]);
    for (let turns = requests.length * 7 % 5; turns > 0; turns--) { await Promise.resolve(); }
    taken.push(...entries.filter(entry => !refuses(entry)));
    return entries.filter(refuses).map(entry => ({ entry, reason: 'refused' }));
  };
  const ofGroup = (group: string) => taken.filter(item => item.group === group).map(({ n }) => n);
  return { taken, requests, send, ofGroup };
}
const ascending = (numbers: number[]) => expect(numbers).toEqual([...numbers].sort((a, b) => a - b));

test.each([[1], [3], [25], [1000]])('all of 1,000 messages in %i groups are sent once, those of a group in order, ten to a request and none beside another of its group', async groups => {
  const { send, taken, requests, ofGroup } = queue();
  expect(await sendInOrder(items(1000, groups), send, options)).toEqual([]);
  expect(taken.map(({ n }) => n).sort((a, b) => a - b)).toEqual(items(1000, groups).map(({ n }) => n));
  for (let group = 0; group < groups; group++) { ascending(ofGroup(`g${group}`)); }
  for (const request of requests) {
    expect(request.length).toBeLessThanOrEqual(10);
    expect(new Set(request.map(({ group }) => group)).size).toBe(request.length);
  }
});

test('a message that is not taken holds back those of its group, and no others', async () => {
  const { send, ofGroup } = queue(({ n }) => n === 42);
  const failures = await sendInOrder(items(100, 10), send, options);
  expect(failures.map(({ entry, reason }) => [entry.n, reason])).toEqual([[42, 'refused'], ...[52, 62, 72, 82, 92].map(n => [n, HELD_BACK])]);
  expect(ofGroup('g2')).toEqual([2, 12, 22, 32]);
  for (const group of [0, 1, 3, 4, 5, 6, 7, 8, 9]) { expect(ofGroup(`g${group}`)).toHaveLength(10); }
});

test('when nothing is taken, all have failed', async () => {
  const { send, requests } = queue(() => true);
  const failures = await sendInOrder(items(100, 20), send, options);
  expect(failures.map(({ entry }) => entry.n).sort((a, b) => a - b)).toEqual(items(100, 20).map(({ n }) => n));
  expect(requests.flat()).toHaveLength(20);
});

test('when time runs out, what is not sent yet has failed', async () => {
  const { send, taken } = queue();
  let asked = 0;
  const failures = await sendInOrder(items(100, 1), send, { lanes: 1, isLate: () => ++asked > 30 });
  expect(taken.map(({ n }) => n)).toEqual(items(30, 1).map(({ n }) => n));
  expect(failures.map(({ entry }) => entry.n)).toEqual(items(100, 1).slice(30).map(({ n }) => n));
});

test('a request has as many bytes as SQS takes, at most', async () => {
  const { send, requests } = queue();
  await sendInOrder(items(20, 20, 300_000), send, options);
  expect(requests.map(request => request.length)).toEqual([3, 3, 3, 3, 3, 3, 2]);
  const exact = queue();
  await sendInOrder(items(4, 4, MOST_BYTES / 2), exact.send, options);
  expect(exact.requests.map(request => request.length)).toEqual([2, 2]);
});

test('a message that is too large counts as what is sent in its place', async () => {
  const { send, requests } = queue();
  await sendInOrder(items(10, 10, MOST_BYTES + 1), send, options);
  expect(requests).toHaveLength(1);
});
