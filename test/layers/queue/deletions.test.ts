/** How processed messages are deleted, by what SQS is asked for. */
import { Deletions } from '../../../layers/runtime/sources/queue/deletions';
import type { Message, Refusal } from '../../../layers/runtime/sources/queue/message';

const messages = (count: number): Message[] => Array.from({ length: count }, (_, n) => ({ MessageId: String(n), ReceiptHandle: String(n), Body: '' }));

/** What is asked for, and what is answered: each answer in its turn, then that all is well. */
function deletions(...answers: ((batch: readonly Message[]) => Refusal<Message>[])[]) {
  const asked: string[] = [];
  const told: string[] = [];
  const client = {
    remove: async (batch: readonly Message[]) => {
      asked.push(batch.map(({ MessageId }) => MessageId).join());
      return answers.shift()?.(batch) ?? [];
    },
  };
  return { asked, told, all: new Deletions(client, (count, reason) => told.push(`${count}: ${reason}`), async () => {}) };
}
const refuse = (final: boolean, ...ids: string[]) => (batch: readonly Message[]) => batch.filter(({ MessageId }) => ids.includes(MessageId)).map((message) => ({ message, reason: 'Busy', final }));

test('ten by one request', async () => {
  const { all, asked } = deletions();
  expect(await Promise.all(messages(23).map((message) => all.remove(message)))).toEqual(Array(23).fill(true));
  expect(asked).toEqual(['0,1,2,3,4,5,6,7,8,9', '10,11,12,13,14,15,16,17,18,19', '20,21,22']);
});

test('again where SQS could not, only those', async () => {
  const { all, asked, told } = deletions(refuse(false, '1'), refuse(false, '1'));
  expect(await Promise.all(messages(3).map((message) => all.remove(message)))).toEqual([true, true, true]);
  expect(asked).toEqual(['0,1,2', '1', '1']);
  expect(told).toEqual([]);
});

test('not again where SQS will not; that is told', async () => {
  const { all, asked, told } = deletions(refuse(true, '0', '2'));
  expect(await Promise.all(messages(3).map((message) => all.remove(message)))).toEqual([false, true, false]);
  expect(asked).toEqual(['0,1,2']);
  expect(told).toEqual(['2: Busy']);
});

test('given up after several attempts, and told', async () => {
  const { all, asked, told } = deletions(...Array.from({ length: 20 }, () => () => { throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' }); }));
  expect(await all.remove(messages(1)[0])).toBe(false);
  expect(asked).toHaveLength(6);
  expect(told).toEqual(['1: ThrottlingException: slow down']);
});

test('no more than four requests at once; what comes meanwhile goes together', async () => {
  const open: (() => void)[] = [];
  const sizes: number[] = [];
  const client = {
    remove: (batch: readonly Message[]) => {
      sizes.push(batch.length);
      return new Promise<Refusal<Message>[]>((resolve) => open.push(() => resolve([])));
    },
  };
  const all = new Deletions(client, () => {});
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const removed: Promise<boolean>[] = [];
  for (const message of messages(12)) {
    removed.push(all.remove(message));
    await turn();
    await turn();
  }
  expect(sizes).toEqual([1, 1, 1, 1]);
  open.shift()!();
  await turn();
  await turn();
  expect(sizes).toEqual([1, 1, 1, 1, 8]);
  for (const end of open) end();
  expect(await Promise.all(removed)).toEqual(Array(12).fill(true));
});
