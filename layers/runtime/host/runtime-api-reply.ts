/** Defines how the Runtime API answers a bootstrap: the texts, and the answer through Node's HTTP server. */
import type { ServerResponse } from 'node:http';
import type { Delivery } from '../invokers/runtime-api';

/** An answer that a bootstrap waits for. Exactly one of the first two is called, once. */
export interface Reply {
  /** @param body JSON text */
  send(status: number, body: string): void;
  sendInvocation(delivery: Delivery): void;
  /** Calls back when the bootstrap has gone, or can take no answer any more. */
  onceGone(gone: () => void): void;
}

export const ACCEPTED = '{"status":"OK"}\n';

export function refusal(errorType: string, errorMessage: string): string {
  return `${JSON.stringify({ errorMessage, errorType })}\n`;
}

/** Calls back with the headers of an invocation besides those of HTTP; values are one line, of any characters. */
export function eachInvocationHeader(delivery: Delivery, take: (name: string, value: string) => void): void {
  const optional = (name: string, value: string | undefined): void => { if (value) take(name, value.replace(/[\r\n]+/g, ' ')); };
  take('Lambda-Runtime-Aws-Request-Id', delivery.requestId);
  take('Lambda-Runtime-Deadline-Ms', String(delivery.deadlineMs));
  take('Lambda-Runtime-Invoked-Function-Arn', delivery.invokedFunctionArn);
  optional('Lambda-Runtime-Trace-Id', delivery.traceId);
  optional('Lambda-Runtime-Client-Context', delivery.clientContext);
  optional('Lambda-Runtime-Cognito-Identity', delivery.cognitoIdentity);
  optional('Lambda-Runtime-Aws-Tenant-Id', delivery.tenantId);
}

export class HttpReply implements Reply {
  constructor(private readonly response: ServerResponse) {}

  send(status: number, body: string): void {
    this.response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
  }

  sendInvocation(delivery: Delivery): void {
    const headers: Record<string, string | number> = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(delivery.event) };
    // Node writes header values as Latin-1; the text of a client context is UTF-8 on the wire.
    eachInvocationHeader(delivery, (name, value) => { headers[name] = Buffer.from(value, 'utf8').toString('latin1'); });
    this.response.writeHead(200, headers).end(delivery.event);
  }

  onceGone(gone: () => void): void {
    const { response } = this;
    const { socket } = response;
    // A client that died ends its connection before the response knows.
    socket?.once('end', gone);
    response.once('close', () => {
      gone();
      socket?.off('end', gone);
    });
  }
}
