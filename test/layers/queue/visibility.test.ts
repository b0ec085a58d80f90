/** How messages are kept invisible, by what SQS is asked for. */
import { until } from './sqs-server';
import type { Message, Refusal } from '../../../layers/runtime/sources/queue/message';
import { VisibilityKeeper } from '../../../layers/runtime/sources/queue/visibility';

const messages = (count: number): Message[] => Array.from({ length: count }, (_, n) => ({ MessageId: String(n), ReceiptHandle: String(n), Body: '' }));
const refused: string[] = [];
const errors: unknown[] = [];
let asked: { ids: string[]; seconds: number }[] = [];
let answer: (batch: readonly Message[]) => Refusal<Message>[] = () => [];
const client = {
  changeVisibility: async (batch: readonly Message[], seconds: number) => {
    asked.push({ ids: batch.map(({ MessageId }) => MessageId), seconds });
    return answer(batch);
  },
};
const keeper = () => new VisibilityKeeper(client, 1, (reason) => refused.push(reason), (error) => { if (error) errors.push(error); });

beforeEach(() => {
  asked = [];
  answer = () => [];
  refused.length = errors.length = 0;
});

test('ten by one request, again and again, until they are let go', async () => {
  const all = keeper();
  const held = messages(12);
  for (const message of held) all.hold(message);
  await until('asked', () => asked.length >= 4);
  expect(asked.slice(0, 2)).toEqual([{ ids: held.slice(0, 10).map(({ MessageId }) => MessageId), seconds: 1 }, { ids: ['10', '11'], seconds: 1 }]);
  expect(asked.slice(2, 4).flatMap(({ ids }) => ids).sort()).toEqual(held.map(({ MessageId }) => MessageId).sort());
  for (const message of held) all.letGo(message);
});

test('what is let go is not asked for any more', async () => {
  const all = keeper();
  const [one, other] = messages(2);
  all.hold(one);
  all.hold(other);
  all.letGo(one);
  await until('asked', () => asked.length >= 2);
  expect(asked.flatMap(({ ids }) => ids)).toEqual(asked.map(() => '1'));
  all.letGo(other);
});

test('what SQS refuses for good is told and left; what fails is asked for again', async () => {
  const all = keeper();
  const [one, other] = messages(2);
  answer = (batch) => batch.filter(({ MessageId }) => MessageId === '0').map((message) => ({ message, reason: 'MessageNotInflight', final: true }));
  all.hold(one);
  all.hold(other);
  await until('asked', () => asked.length >= 1);
  answer = () => { throw new Error('no connection'); };
  await until('asked', () => asked.length >= 3);
  expect(refused).toEqual(['MessageNotInflight']);
  expect(errors[0]).toEqual(new Error('no connection'));
  expect(asked.slice(1, 3).map(({ ids }) => ids)).toEqual([['1'], ['1']]);
  all.letGo(other);
});

test('what nobody has begun to work on becomes visible at once', async () => {
  const all = keeper();
  const held = messages(11);
  for (const message of held) all.hold(message);
  await all.release(held);
  expect(asked).toEqual([{ ids: held.slice(0, 10).map(({ MessageId }) => MessageId), seconds: 0 }, { ids: ['10'], seconds: 0 }]);
});
