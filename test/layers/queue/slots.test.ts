/** Who may receive when: as many as the invoker carries at once, in turns. */
import { Slots } from '../../../layers/runtime/sources/queue/slots';

test('give as many as are free and wanted, and wait for the next one otherwise', async () => {
  const slots = new Slots(3);
  const share = slots.share();
  expect(await slots.take(share, 2)).toBe(2);
  expect(await slots.take(share, 10)).toBe(1);
  const next = slots.take(share, 10);
  slots.give(share, 2);
  expect(await next).toBe(2);
});

test('keep a queue to its own limit', async () => {
  const slots = new Slots(3);
  const [one, other] = [slots.share(1), slots.share()];
  expect(await slots.take(one, 10)).toBe(1);
  const next = slots.take(one, 1);
  expect(await slots.take(other, 10)).toBe(2);
  slots.give(other, 1);
  slots.give(one, 1);
  expect(await next).toBe(1);
});

test('go round: who has waited longest is next', async () => {
  const slots = new Slots(1);
  const [one, two, three] = [slots.share(), slots.share(), slots.share()];
  await slots.take(one, 1);
  const turns: string[] = [];
  const taken = [['two', two], ['three', three], ['one', one]] as const;
  const waiting = taken.map(async ([name, share]) => {
    await slots.take(share, 1);
    turns.push(name);
    slots.give(share, 1);
  });
  slots.give(one, 1);
  await Promise.all(waiting);
  expect(turns).toEqual(['two', 'three', 'one']);
});

test('are to spare while every queue can have one', async () => {
  const slots = new Slots(2);
  const [one, two] = [slots.share(), slots.share()];
  await slots.take(one, 1);
  expect(slots.spare).toBe(true);
  slots.give(one, 1);
  await slots.take(one, 2);
  expect(slots.spare).toBe(false);
  void slots.take(two, 1);
  slots.give(one, 2);
  expect(slots.spare).toBe(true);
});

test('once closed there are none, also for those who wait', async () => {
  const slots = new Slots(1);
  const share = slots.share();
  await slots.take(share, 1);
  const waiting = slots.take(share, 1);
  slots.close();
  expect(await waiting).toBe(0);
  slots.give(share, 1);
  expect(await slots.take(share, 1)).toBe(0);
});
