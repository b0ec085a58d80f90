/** Defines how requests to routes are answered: by functions, whose events are made here, and by services in their containers. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { choose, type Front, type GatewayTarget, type LoadBalancerTarget, type Request } from './route';
import { eventFor, forwardedHeaders, withStage } from './route-event';
import { MAX_EVENT_BYTES, type InvocationResult, type InvokeRequest } from '../../../layers/runtime/core/invoker';
import { newRequestId } from '../../../layers/runtime/core/request-id';
import { announcedLength, endAfterRequest, readBody } from '../../../layers/runtime/sources/http/body';
import { bodyLimit, isTextType } from '../../../layers/runtime/sources/http/body-encoding';
import { Cors } from '../../../layers/runtime/sources/http/cors';
import { asFirstProxy } from '../../../layers/runtime/sources/http/forwarded';
import { hostName, splitTarget, type RequestFacts } from '../../../layers/runtime/sources/http/request';
import { answerOf } from '../../../layers/runtime/sources/http/result';
import type { EventShape } from '../../../layers/runtime/sources/http/settings';
import { StreamedAnswer } from '../../../layers/runtime/sources/http/streamed-answer';
import { tell } from '../errors';

/** What runs the functions and the services. */
export interface Runs {
  invoke(name: string, request: InvokeRequest): Promise<InvocationResult>;
  /** Where a port of a container is reached, as `host:port`; undefined when it does not run. */
  addressOf(name: string, port: number): Promise<string | undefined>;
}

type CalledTarget = GatewayTarget | LoadBalancerTarget;

export class RouteServer {
  constructor(private readonly fronts: () => readonly Front[], private readonly runs: Runs) {}

  /** Answers a request; false when it is nobody's. */
  readonly handle = (incoming: IncomingMessage, response: ServerResponse): boolean => {
    const { headers, rawHeaders, socket, method = 'GET' } = incoming;
    const { path, query } = splitTarget(incoming.url ?? '/');
    const host = hostName(headers.host).toLowerCase();
    const request: Request = { method, path, query, host, header: (name) => [headers[name]].flat().join(',') || undefined };
    const preflight = this.preflight(request, incoming);
    if (preflight) return answer(response, 204, preflight, '');
    const found = choose(this.fronts(), request);
    if (!found) return false;
    const { route: { target }, front } = found;
    if (target.kind === 'fixed') return answer(response, target.status, [...target.headers], target.body);
    const facts: RequestFacts = {
      method, path, query, protocol: `HTTP/${incoming.httpVersion}`, rawHeaders, socketAddress: socket.remoteAddress, trustedHops: 1, requestId: newRequestId(), time: Date.now(), body: undefined,
    };
    if (target.port !== undefined) {
      void this.pass(target, facts, incoming, response);
      return true;
    }
    const limit = bodyLimit(MAX_EVENT_BYTES, isTextType(headers['content-type']));
    const length = announcedLength(headers);
    const tooLarge = (): void => {
      const message = JSON.stringify({ message: 'Request Entity Too Large' });
      response.writeHead(413, ['Content-Type', 'application/json', 'Connection', 'close', 'Content-Length', String(message.length)]).write(message);
      endAfterRequest(incoming, () => response.end());
    };
    if (length !== undefined && length > limit) {
      tooLarge();
      return true;
    }
    readBody(incoming, length, limit, (body) => {
      const whole = { ...facts, rawHeaders: asFirstProxy(rawHeaders, socket.remoteAddress, socket.localPort), body };
      void this.call(target, whole, response, front.cors && new Cors(front.cors), headers.origin);
    }, tooLarge);
    return true;
  };

  /** An API answers preflight requests itself where it shares its answers, unless a route takes them. */
  private preflight(request: Request, { method, headers }: IncomingMessage): string[] | undefined {
    const wanted = headers['access-control-request-method'];
    if (method !== 'OPTIONS' || wanted === undefined) return undefined;
    const found = choose(this.fronts(), { ...request, method: wanted });
    return found?.front.cors && new Cors(found.front.cors).preflight(method, headers);
  }

  private async call(target: CalledTarget, facts: RequestFacts, response: ServerResponse, cors?: Cors, origin?: string): Promise<void> {
    const finish = (headers: string[]): string[] => {
      cors?.apply(headers, origin);
      return headers;
    };
    const failed = (status: 500 | 502 | 504): void => {
      const message = status === 504 ? 'Endpoint request timed out' : 'Internal Server Error';
      answer(response, status, finish(['Content-Type', 'application/json']), JSON.stringify({ message }));
    };
    try {
      const { event, shape } = eventFor(target, facts);
      const streaming = target.kind === 'gateway' && target.streams;
      const result = await this.runs.invoke(target.name, { event: JSON.stringify(event), requestId: facts.requestId, streaming });
      if (result.functionError) return failed(result.errorType === 'Sandbox.Timedout' ? 504 : shape.startsWith('alb') ? 502 : 500);
      if (result.stream) return void await streamed(result, response, finish, failed);
      sendResult(result, shape, response, finish);
    } catch (error) {
      tell(`${target.name}: ${(error as Error).message}`);
      if (!response.headersSent) failed(500);
    }
  }

  private async pass(target: CalledTarget, facts: RequestFacts, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const fails = (why: string): void => {
      tell(`${target.name}: ${why}`);
      if (response.headersSent) response.destroy();
      else answer(response, 502, ['Content-Type', 'application/json'], JSON.stringify({ message: 'Bad Gateway' }));
    };
    const address = await this.runs.addressOf(target.name, target.port!).catch(() => undefined);
    if (address === undefined) return fails('it does not run, and cannot answer');
    const path = target.kind === 'gateway' ? withStage(target, facts.path) : facts.path;
    const [host, port] = address.split(':');
    const outgoing = httpRequest({
      host,
      port,
      method: facts.method,
      path: facts.query === '' ? path : `${path}?${facts.query}`,
      setHost: false,
      headers: forwardedHeaders(target, facts, incoming.socket.localPort) as unknown as Record<string, string>,
    });
    outgoing.once('error', (error) => fails(`no answer from ${address}: ${error.message}`));
    outgoing.once('response', (inner) => {
      response.writeHead(inner.statusCode!, inner.rawHeaders);
      inner.pipe(response);
      inner.once('error', () => response.destroy());
    });
    response.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}

function sendResult(result: InvocationResult, shape: EventShape, response: ServerResponse, finish: (headers: string[]) => string[]): void {
  const text = result.payload.toString();
  const { status, headers, body } = answerOf(text === '' ? undefined : JSON.parse(text), shape);
  answer(response, status, finish(headers), body);
}

async function streamed(
  { stream, streamEnd, contentType }: InvocationResult, response: ServerResponse, finish: (headers: string[]) => string[],
  failed: (status: 500 | 504) => void,
): Promise<void> {
  const nothing = (): void => {};
  const sink = new StreamedAnswer({
    response,
    contentType,
    waits: nothing,
    left: nothing,
    finishHead: (headers) => void finish(headers),
    onEnd: nothing,
    onBroken: (reason) => {
      tell(`the handler's answer is no HTTP response: ${reason}`);
      failed(500);
    },
    onTimedOut: () => failed(504),
  });
  response.once('close', () => {
    sink.abandon();
    stream!.destroy();
  });
  for await (const chunk of stream!) await new Promise<void>((resolve) => sink.write(chunk as Uint8Array, resolve));
  const failure = await streamEnd;
  sink.end(failure && { thrown: failure.payload.toString(), timedOut: failure.errorType === 'Sandbox.Timedout' });
}

function answer(response: ServerResponse, status: number, headers: readonly string[], body: string | Buffer): true {
  const length = status === 204 || status === 304 ? [] : ['Content-Length', String(Buffer.byteLength(body))];
  response.writeHead(status, [...headers, ...length]).end(body);
  return true;
}
