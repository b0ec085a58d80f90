import { BodyBudget, type Reservation } from '../../../layers/runtime/sources/http/body-budget';

let events: string[];
beforeEach(() => { events = []; });

const budgetOf = (bytes: number, waiters = 10, waitMs = 60_000): BodyBudget => new BodyBudget({ bytes, waiters, waitMs });
const reserve = (budget: BodyBudget, name: string, bytes: number): Reservation | undefined =>
  budget.reserve(bytes, () => events.push(`${name} granted`), () => events.push(`${name} refused`));

test('grants what fits at once, and the rest in turn as it is given back', () => {
  const budget = budgetOf(10);
  const [a, b, c, d] = [reserve(budget, 'a', 6), reserve(budget, 'b', 4), reserve(budget, 'c', 5), reserve(budget, 'd', 5)];
  expect(events).toEqual(['a granted', 'b granted']);
  b!.release();
  expect(events).toHaveLength(2);
  a!.release();
  expect(events.slice(2)).toEqual(['c granted', 'd granted']);
  c!.release();
  d!.release();
  reserve(budget, 'e', 10);
  expect(events.slice(4)).toEqual(['e granted']);
});

test('lets no small one pass a large one that waits', () => {
  const budget = budgetOf(10);
  const a = reserve(budget, 'a', 5);
  reserve(budget, 'b', 10);
  reserve(budget, 'c', 1);
  expect(events).toEqual(['a granted']);
  a!.release();
  expect(events).toEqual(['a granted', 'b granted']);
});

test('grants those behind one that gives up', () => {
  const budget = budgetOf(10);
  reserve(budget, 'a', 5);
  const b = reserve(budget, 'b', 10);
  reserve(budget, 'c', 5);
  b!.release();
  expect(events).toEqual(['a granted', 'c granted']);
});

test('takes back once what is given back twice, and what is let go of', () => {
  const budget = budgetOf(10);
  const a = reserve(budget, 'a', 10);
  reserve(budget, 'b', 8);
  a!.shrink(20);
  a!.shrink(4);
  expect(events).toEqual(['a granted']);
  a!.release();
  a!.release();
  a!.shrink(0);
  expect(events).toEqual(['a granted', 'b granted']);
  expect(reserve(budget, 'c', 2)).toBeDefined();
  reserve(budget, 'd', 1);
  expect(events).toEqual(['a granted', 'b granted', 'c granted']);
});

test('refuses when too many wait, and what can never fit', () => {
  const budget = budgetOf(10, 1);
  reserve(budget, 'a', 10);
  reserve(budget, 'b', 1);
  expect(reserve(budget, 'c', 1)).toBeUndefined();
  expect(reserve(budgetOf(10), 'd', 11)).toBeUndefined();
});

test('refuses who has waited too long', async () => {
  const budget = budgetOf(10, 10, 1);
  const a = reserve(budget, 'a', 10);
  await new Promise<void>((resolve) => budget.reserve(1, () => events.push('b granted'), resolve));
  a!.release();
  expect(events).toEqual(['a granted']);
});
