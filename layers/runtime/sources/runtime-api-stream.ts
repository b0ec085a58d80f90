/** Defines how a streamed answer travels: HTTP chunks, and trailers that tell an error which came too late for a status. */
import type { OnReply, RuntimeApiClient } from './runtime-api';
import { errorTrailers } from '../core/error-format';
import type { StreamSink } from '../core/invocation';

export function streamAnswer(client: RuntimeApiClient, requestId: string, contentType: string, onReply: OnReply): StreamSink {
  client.beginStream(
    requestId,
    `Content-Type: ${contentType}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n`
      + 'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n',
    onReply,
  );
  return {
    write(chunk, written) {
      // A chunk of no bytes would end the body.
      if (chunk.length === 0) return written();
      client.writeStream(frameChunk(chunk), written);
    },
    end(failure) {
      client.endStream(`0\r\n${failure ? errorTrailers(failure.thrown) : ''}\r\n`);
    },
  };
}

function frameChunk(chunk: Uint8Array): Buffer {
  const size = chunk.length.toString(16);
  const framed = Buffer.allocUnsafe(size.length + 4 + chunk.length);
  framed.write(`${size}\r\n`, 0, 'latin1');
  framed.set(chunk, size.length + 2);
  framed.write('\r\n', framed.length - 2, 'latin1');
  return framed;
}
