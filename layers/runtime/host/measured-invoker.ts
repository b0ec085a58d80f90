/** Defines how the invocations that sources hand to an invoker are measured. */
import type { Invoker } from '../core/invoker';
import type { Metrics } from '../core/metrics';

export function measure(invoker: Invoker, metrics: Metrics): void {
  const invoke = invoker.invoke.bind(invoker);
  invoker.invoke = (request) => {
    const result = invoke(request);
    // One that is not accepted is no invocation.
    result.then(async ({ functionError, startedAt, streamEnd }) => {
      const failure = await streamEnd;
      metrics.invoked(startedAt === undefined ? undefined : performance.now() - startedAt, Boolean(functionError || failure));
    }, () => {});
    return result;
  };
}
