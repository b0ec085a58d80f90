/** Defines what the tests of the HTTP source need: a source whose calls a function answers, and clients that speak HTTP byte by byte. */
import { connect, type Socket } from 'node:net';
import type { Gateway } from '../../../layers/runtime/sources/http/event-gateway';
import type { HttpCall, HttpCarrier } from '../../../layers/runtime/sources/http/http-call';
import { HttpSource } from '../../../layers/runtime/sources/http/http-source';
import { readHttpSettings, type HttpSettings } from '../../../layers/runtime/sources/http/settings';

export interface Served {
  readonly source: HttpSource;
  readonly port: number;
  readonly url: string;
  readonly log: string[];
  /** The statuses of requests that did not reach the handler. */
  readonly refused: number[];
  /** The calls that were carried, in turn. */
  readonly calls: HttpCall[];
}

const served: HttpSource[] = [];
const clients: Socket[] = [];

/** Each test ends with all that it started. */
export async function cleanUp(): Promise<void> {
  for (const socket of clients.splice(0)) socket.destroy();
  await Promise.all(served.splice(0).map((source) => source.close()));
}

export interface ServeOptions {
  readonly environment?: Record<string, string>;
  readonly settings?: Partial<HttpSettings>;
  readonly capacity?: number;
  readonly gateway?: Gateway;
  /** @default true */
  readonly ready?: boolean;
}

export async function serve(carry: HttpCarrier['carry'], { environment = {}, settings, capacity = 100, ready = true, gateway }: ServeOptions = {}): Promise<Served> {
  const log: string[] = [];
  const refused: number[] = [];
  const calls: HttpCall[] = [];
  const carrier = {
    capacity,
    carry: (call: HttpCall) => {
      calls.push(call);
      carry(call);
    },
  };
  const source = new HttpSource({
    carrier,
    settings: { ...readHttpSettings(environment), ...settings },
    gateway,
    onRefused: (status) => refused.push(status),
    log: (line) => log.push(line),
  });
  served.push(source);
  const url = await source.listen({ port: 0, host: '127.0.0.1' });
  if (ready) source.ready();
  return { source, url, port: source.address.port, log, refused, calls };
}

/** Answers with what a handler returns. */
export function returning(handler: (event: any) => unknown): HttpCarrier['carry'] {
  return (call) => call.succeed(handler(call.event));
}

export interface Reply {
  readonly status: number;
  /** By lower-case name; of a name that comes twice, both. */
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

/** A client that sends what it is told and keeps what comes back. */
export class RawClient {
  received = Buffer.alloc(0);
  readonly closed: Promise<void>;
  private wake?: () => void;

  constructor(readonly socket: Socket) {
    clients.push(socket);
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake?.();
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', () => {
      resolve();
      this.wake?.();
    }));
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  send(...pieces: (string | Buffer)[]): this {
    for (const piece of pieces) this.socket.write(piece);
    return this;
  }

  /** Settles when so much has come, or the connection is closed. */
  async until(condition: (text: string) => boolean): Promise<string> {
    while (!condition(this.text) && !this.socket.closed) await new Promise<void>((resolve) => { this.wake = resolve; });
    return this.text;
  }

  /** The next reply with a length, which is taken out of what has come. */
  async reply(): Promise<Reply> {
    await this.until((text) => text.includes('\r\n\r\n'));
    const end = this.text.indexOf('\r\n\r\n') + 4;
    const [statusLine, ...lines] = this.text.slice(0, end - 4).split('\r\n');
    const headers: Record<string, string | string[]> = {};
    for (const line of lines) {
      const name = line.slice(0, line.indexOf(':')).toLowerCase();
      const value = line.slice(line.indexOf(':') + 2);
      headers[name] = name in headers ? [headers[name], value].flat() : value;
    }
    const length = Number(headers['content-length'] ?? 0);
    await this.until((text) => text.length >= end + length);
    const body = this.received.subarray(end, end + length);
    this.received = this.received.subarray(end + length);
    return { status: Number(statusLine.split(' ')[1]), headers, body };
  }
}

export async function dial(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return new RawClient(socket);
}

/** One request on a connection of its own. */
export async function ask(port: number, ...pieces: (string | Buffer)[]): Promise<Reply> {
  const client = await dial(port);
  const reply = await client.send(...pieces).reply();
  client.socket.destroy();
  return reply;
}

/** Settles when the condition holds. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
