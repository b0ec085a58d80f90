import { InFlightTable } from '../../../layers/runtime/core/in-flight-table';
import { InvokeStore } from '../../../layers/runtime/core/invoke-store';
import { shares } from '../../../layers/runtime/invokers/worker-pool';

test.each([
  [10, 4, [3, 3, 2, 2]], [2, 8, [1, 1]], [64, 1, [64]], [5, 0, [5]],
])('%i invocations among %i threads', (maxConcurrency, workers, expected) => {
  expect(shares(maxConcurrency, workers)).toEqual(expected);
});

test('what a thread leaves unanswered can be read from its memory', () => {
  const mine = InFlightTable.ofSlots(3);
  const other = new InFlightTable(mine.memory);
  other.set(0, 'id-a');
  other.set(2, '8476a536-e9f4-11e8-9739-2dfe598c3fcd');
  expect(mine.ids()).toEqual(['id-a', '8476a536-e9f4-11e8-9739-2dfe598c3fcd']);
  other.set(2, 'b');
  other.clear(0);
  expect(mine.ids()).toEqual(['b']);
  other.set(1, 'x'.repeat(256));
  expect(mine.ids()).toEqual(['b']);
});

test('the invoke store tells the invocations of a thread apart, also across waits', async () => {
  const store = new InvokeStore();
  const seen = (id: string) => new Promise<unknown>((resolve) => {
    store.enter({ 'lambda-runtime-aws-request-id': id, 'lambda-runtime-trace-id': `trace-${id}`, 'lambda-runtime-aws-tenant-id': `tenant-${id}` }, () => {
      store.set('mine', id);
      setTimeout(() => resolve([store.getRequestId(), store.getXRayTraceId(), store.getTenantId(), store.get('mine'), store.logScope]), 5);
    });
  });
  expect(await Promise.all([seen('a'), seen('b')])).toEqual(['a', 'b'].map((id) => [id, `trace-${id}`, `tenant-${id}`, id, { requestId: id, tenantId: `tenant-${id}` }]));
  expect(store.hasContext()).toBe(false);
  expect(store.getRequestId()).toBe('-');
  expect(() => store.set('mine', 1)).toThrow('outside of an invocation');
  store.enter({}, () => expect(() => store.set(Symbol.for('_AWS_LAMBDA_REQUEST_ID'), 'x')).toThrow('cannot be changed'));
});
