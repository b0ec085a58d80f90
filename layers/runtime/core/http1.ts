/** Defines a strict, incremental parser for the HTTP/1.1 replies of the Runtime API. */
import { TOKEN } from './http-token';

export interface Reply {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Only valid until the callback that received it returns: it may lie in a buffer that the transport reuses. */
  readonly body: Buffer;
  /** Whether the connection may carry another request. */
  readonly reusable: boolean;
}

const MAX_HEAD_BYTES = 256 * 1024;
const EMPTY = Buffer.alloc(0);
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/;
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const DIGITS = /^\d{1,15}$/;
const CHUNK_SIZE = /^[0-9a-fA-F]{1,12}$/;

/** Names that have come before: a service sends the same few with every reply. */
const keys = new Map<string, string>();
const MAX_KEYS = 64;

type Expecting = 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'close';

/** Takes the bytes of one connection, cut anywhere, and gives the replies in them. */
export class ReplyParser {
  private expecting: Expecting = 'head';
  /** Bytes of an unfinished line or head. */
  private kept: Buffer = EMPTY;
  private status = 0;
  private headers: Record<string, string> = {};
  private reusable = true;
  private parts: Buffer[] = [];
  /** A body of known length that comes in pieces is gathered here. */
  private body: Buffer = EMPTY;
  private filled = 0;
  private missing = 0;

  constructor(private readonly onReply: (reply: Reply) => void) {}

  /** Whether a reply has begun and is not complete. */
  get midway(): boolean {
    return this.expecting !== 'head' || this.kept.length > 0;
  }

  /** Throws on bytes that are no reply; the connection is of no use after that. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.expecting) {
        case 'head': at = this.head(chunk, at); break;
        case 'body': at = this.fixedBody(chunk, at); break;
        case 'chunk': at = this.chunkData(chunk, at); break;
        case 'close':
          this.parts.push(Buffer.from(chunk.subarray(at)));
          at = chunk.length;
          break;
        default: at = this.line(chunk, at);
      }
    }
  }

  /** The connection has ended. */
  end(): void {
    if (this.expecting === 'close') this.deliver(Buffer.concat(this.parts));
    else if (this.midway) throw malformed('ends in the middle');
  }

  private head(chunk: Buffer, at: number): number {
    let bytes = chunk;
    let from = at;
    let search = at;
    if (this.kept.length > 0) {
      search = Math.max(0, this.kept.length - 3);
      bytes = Buffer.concat([this.kept, chunk.subarray(at)]);
      from = 0;
    }
    const end = bytes.indexOf('\r\n\r\n', search, 'latin1');
    if (end < 0) {
      if (bytes.length - from > MAX_HEAD_BYTES) throw malformed('has more than 256 KB of headers');
      this.kept = Buffer.from(bytes.subarray(from));
      return chunk.length;
    }
    const consumed = end + 4 - (bytes === chunk ? 0 : this.kept.length - at);
    this.kept = EMPTY;
    // The client context is JSON and may hold any character: the service sends it as UTF-8.
    this.parseHead(bytes.toString('utf8', from, end));
    return consumed;
  }

  private parseHead(text: string): void {
    let end = text.indexOf('\r\n');
    if (end < 0) end = text.length;
    const statusLine = text.slice(0, end);
    const match = STATUS_LINE.exec(statusLine);
    if (!match) throw malformed(`has the status line ${JSON.stringify(statusLine.slice(0, 40))}`);
    this.status = Number(match[2]);
    const headers: Record<string, string> = Object.create(null);
    while (end < text.length) {
      const start = end + 2;
      end = text.indexOf('\r\n', start);
      if (end < 0) end = text.length;
      addHeader(headers, text.slice(start, end));
    }
    this.headers = headers;
    const connection = headers.connection?.toLowerCase();
    this.reusable = match[1] === '1' ? connection !== 'close' : connection === 'keep-alive';
    this.begin(headers['transfer-encoding'], headers['content-length']);
  }

  private begin(encoding: string | undefined, length: string | undefined): void {
    if (this.status < 200) return; // an interim reply: the real one follows
    if (this.status === 204 || this.status === 304) return this.deliver(EMPTY);
    if (encoding !== undefined) {
      if (encoding.toLowerCase() !== 'chunked') throw malformed(`has the transfer encoding ${JSON.stringify(encoding)}`);
      if (length !== undefined) throw malformed('has both a length and a transfer encoding');
      this.expecting = 'chunk-size';
    } else if (length === undefined) {
      this.reusable = false;
      this.expecting = 'close';
    } else {
      if (!DIGITS.test(length)) throw malformed(`has the length ${JSON.stringify(length)}`);
      this.missing = Number(length);
      if (this.missing === 0) return this.deliver(EMPTY);
      this.expecting = 'body';
    }
  }

  private fixedBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.missing);
    if (this.filled === 0 && end - at === this.missing) {
      this.deliver(chunk.subarray(at, end));
      return end;
    }
    if (this.filled === 0) this.body = Buffer.allocUnsafe(this.missing);
    this.filled += chunk.copy(this.body, this.filled, at, end);
    this.missing -= end - at;
    if (this.missing === 0) this.deliver(this.body);
    return end;
  }

  private chunkData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.missing);
    this.parts.push(Buffer.from(chunk.subarray(at, end)));
    this.missing -= end - at;
    if (this.missing === 0) this.expecting = 'chunk-end';
    return end;
  }

  /** A chunk's size, the end of its data, or a trailer: all are lines. */
  private line(chunk: Buffer, at: number): number {
    const newline = chunk.indexOf(10, at);
    const end = newline < 0 ? chunk.length : newline + 1;
    this.kept = this.kept.length > 0 ? Buffer.concat([this.kept, chunk.subarray(at, end)]) : Buffer.from(chunk.subarray(at, end));
    if (this.kept.length > MAX_HEAD_BYTES) throw malformed('has a line of more than 256 KB');
    if (newline < 0) return end;
    const text = this.kept.toString('latin1');
    this.kept = EMPTY;
    if (!text.endsWith('\r\n')) throw malformed('has a line that ends without a carriage return');
    this.takeLine(text.slice(0, -2));
    return end;
  }

  private takeLine(line: string): void {
    if (this.expecting === 'chunk-end') {
      if (line !== '') throw malformed('has a chunk longer than its size');
      this.expecting = 'chunk-size';
    } else if (this.expecting === 'trailer') {
      if (line === '') this.deliver(this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts));
    } else {
      const size = line.split(';', 1)[0].trimEnd();
      if (!CHUNK_SIZE.test(size)) throw malformed(`has the chunk size ${JSON.stringify(line.slice(0, 40))}`);
      this.missing = parseInt(size, 16);
      this.expecting = this.missing === 0 ? 'trailer' : 'chunk';
    }
  }

  private deliver(body: Buffer): void {
    const reply = { status: this.status, headers: this.headers, body, reusable: this.reusable };
    // Reset first: the callback may cause the next reply.
    this.expecting = 'head';
    this.filled = 0;
    this.missing = 0;
    this.body = EMPTY;
    if (this.parts.length > 0) this.parts = [];
    this.onReply(reply);
  }
}

function addHeader(headers: Record<string, string>, line: string): void {
  const colon = line.indexOf(':');
  const key = colon < 1 || CONTROL.test(line) ? undefined : keyOf(line.slice(0, colon));
  if (key === undefined) throw malformed(`has the header line ${JSON.stringify(line.slice(0, 40))}`);
  const value = line.slice(colon + 1).trim();
  if (headers[key] === undefined) headers[key] = value;
  else if (key !== 'content-length') headers[key] += `, ${value}`;
  else if (headers[key] !== value) throw malformed('has two lengths');
}

/** The name in lower case, or nothing when it is none. */
function keyOf(name: string): string | undefined {
  const known = keys.get(name);
  if (known !== undefined || !TOKEN.test(name)) return known;
  const key = name.toLowerCase();
  if (keys.size < MAX_KEYS) keys.set(name, key);
  return key;
}

function malformed(what: string): Error {
  return new Error(`malformed reply from the Runtime API: it ${what}`);
}
