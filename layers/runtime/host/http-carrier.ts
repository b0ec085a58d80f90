/** Defines how HTTP calls are carried by an invoker: the event as JSON to it, its result or its stream back. */
import { tell } from './errors';
import type { InvocationResult, Invoker } from '../core/invoker';
import { TIMED_OUT } from '../core/timeout';
import type { HttpCall, HttpCarrier } from '../sources/http/http-call';

export class InvokerCarrier implements HttpCarrier {
  constructor(private readonly invoker: Invoker, readonly capacity: number) {}

  carry(call: HttpCall): void {
    this.invoker.invoke({ event: JSON.stringify(call.event), requestId: call.requestId, traceId: call.traceId, streaming: true })
      .then((result) => answer(call, result), () => call.fail());
  }
}

function answer(call: HttpCall, result: InvocationResult): void {
  if (result.functionError) return result.errorType === TIMED_OUT ? call.timeOut() : call.fail();
  if (result.stream) return pump(call, result);
  let value: unknown;
  try {
    value = JSON.parse(result.payload.toString());
  } catch (error) {
    tell(`the result of invocation ${call.requestId} is not JSON: ${(error as Error).message}`);
    return call.fail();
  }
  call.succeed(value);
}

/** One piece at a time: the bootstrap is slowed down to the client. */
function pump(call: HttpCall, { stream, streamEnd, contentType }: InvocationResult): void {
  const sink = call.stream(contentType);
  call.onAbandoned = () => stream!.destroy();
  stream!.on('data', (chunk: Buffer) => {
    stream!.pause();
    sink.write(chunk, () => stream!.resume());
  });
  stream!.once('close', () => {
    void streamEnd!.then((failure) => sink.end(failure && { thrown: new Error(failure.errorType), timedOut: failure.errorType === TIMED_OUT }));
  });
}
