/** Defines a Runtime API that answers with the very bytes that a test gives it. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, string>>;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
}

/** What to do with a request: bytes to send, piece by piece; `close` ends the connection, also after pieces; `wait` leaves it open unanswered. */
export type Answer = string | readonly string[] | 'close' | 'wait';

const API = '/2018-06-01/runtime';

export class ScriptedService {
  static async start(script: (request: Request) => Answer): Promise<ScriptedService> {
    const service = new ScriptedService(script);
    await new Promise<void>((resolve) => service.server.listen(0, '127.0.0.1', resolve));
    return service;
  }

  readonly requests: Request[] = [];
  /** What happens when a client sends no more. @default - the connection is ended */
  onEnd?: (socket: Socket) => void;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private connections = 0;
  private watchers: (() => void)[] = [];

  private constructor(private readonly script: (request: Request) => Answer) {
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.serve(socket, ++this.connections));
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `METHOD path` of every request, without the part that all share. */
  get calls(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path.replace(API, '')}`);
  }

  /** Settles when a request whose path ends so has come, the nth of its kind. */
  async request(pathEnd: string, nth = 1): Promise<Request> {
    for (;;) {
      const found = this.requests.filter(({ path }) => path.endsWith(pathEnd))[nth - 1];
      if (found) return found;
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: Socket, connection: number): void {
    let bytes = Buffer.alloc(0);
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('end', () => (this.onEnd ? this.onEnd(socket) : socket.end()));
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let parsed = parseRequest(bytes, connection); parsed; parsed = parseRequest(bytes, connection)) {
        bytes = bytes.subarray(parsed.length);
        this.requests.push(parsed.request);
        void send(socket, this.script(parsed.request));
        const watchers = this.watchers;
        this.watchers = [];
        for (const watcher of watchers) watcher();
      }
    });
  }
}

async function send(socket: Socket, answer: Answer): Promise<void> {
  if (answer === 'wait') return;
  for (const piece of typeof answer === 'string' ? [answer] : answer) {
    if (piece === 'close') return void socket.end();
    socket.write(piece, 'utf8');
    // Let the piece travel alone.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function parseRequest(bytes: Buffer, connection: number): { request: Request; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [requestLine, ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const [method, path] = requestLine.split(' ');
  const headers = parseHeaders(lines);
  const start = headEnd + 4;
  if (headers['transfer-encoding'] !== 'chunked') {
    const end = start + Number(headers['content-length'] ?? 0);
    if (bytes.length < end) return undefined;
    return { request: { method, path, headers, body: bytes.toString('utf8', start, end), trailers: {}, connection }, length: end };
  }
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (size === 0) {
      // The empty line may follow at once, or trailers come first.
      const end = bytes.indexOf('\r\n\r\n', lineEnd);
      if (end < 0) return undefined;
      const trailers = parseHeaders(bytes.toString('latin1', lineEnd + 2, end).split('\r\n').filter(Boolean));
      return { request: { method, path, headers, body: Buffer.concat(chunks).toString('utf8'), trailers, connection }, length: end + 4 };
    }
    if (bytes.length < lineEnd + 2 + size + 2) return undefined;
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function parseHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  }));
}

/** An invocation as the service delivers it. */
export function invocation(event: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    'Lambda-Runtime-Aws-Request-Id': 'id-1',
    'Lambda-Runtime-Deadline-Ms': '1800000000000',
    'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:eu-west-1:123456789012:function:f',
    'Content-Type': 'application/json',
    ...headers,
    'Content-Length': String(Buffer.byteLength(event)),
  };
  return `HTTP/1.1 200 OK\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${event}`;
}

/** The service took what was posted. */
export const ACCEPTED = 'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n';

interface DeliveredEvent {
  readonly event: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A service that delivers these events, one after the other, takes every answer, and has no more then. */
export function delivering(...events: readonly (string | DeliveredEvent)[]): (request: Request) => Answer {
  let next = 0;
  return ({ path }) => {
    if (!path.endsWith('/next')) return ACCEPTED;
    if (next >= events.length) return 'wait';
    const given = events[next++];
    const { event, headers } = typeof given === 'string' ? { event: given, headers: {} } : given;
    return invocation(event, { 'Lambda-Runtime-Aws-Request-Id': `id-${next}`, ...headers });
  };
}
