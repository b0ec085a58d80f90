/** The ids that invocations are given. */
import { newRequestId } from '../../../layers/runtime/core/request-id';

test('are random UUIDs, each another one', () => {
  const ids = Array.from({ length: 1_000 }, newRequestId);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
  // Every digit at every place: nothing is left of a pattern.
  for (const place of [0, 14 + 1, 35]) expect(new Set(ids.map((id) => id[place])).size).toBe(16);
  expect(new Set(ids.map((id) => id[19]))).toEqual(new Set(['8', '9', 'a', 'b']));
});
