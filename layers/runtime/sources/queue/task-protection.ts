/**
 * Defines how a task of ECS is protected from being stopped while it works: by the agent's endpoint, with gaps, because a protected task also holds up
 * deployments. Source: "Amazon ECS task scale-in protection endpoint" in the Amazon ECS Developer Guide.
 */
import { request as httpRequest } from 'node:http';

export interface ProtectionOptions {
  /** The agent's address, ECS_AGENT_URI. */
  readonly agentUri: string;
  /** How long one piece of work may take. */
  readonly workMs: number;
  readonly log: (line: string) => void;
  /** How long the task may be without work before it loses protection: work that follows at once is not worth two requests. @default 5000 */
  readonly lingerMs?: number;
  /** After so long no new work is begun, so that protection can end. @default - as long as one piece of work may take, an hour at most, 10 minutes at least */
  readonly spellMs?: number;
  /** How long the task is then without protection, in which ECS can stop it. @default 20000 */
  readonly gapMs?: number;
}

const MINUTE_MS = 60_000;
/** The agent's limits. */
const MOST_MINUTES = 2_880;
const ANSWER_MS = 5_000;
const MOST_ANSWER_BYTES = 10_000;

export class TaskProtection {
  private readonly lingerMs: number;
  private readonly spellMs: number;
  private readonly gapMs: number;
  private working = 0;
  /** Since when it is protected. */
  private since?: number;
  private expiresAt = 0;
  private timer?: NodeJS.Timeout;
  private gap?: Promise<void>;
  private endOfGap?: () => void;
  /** Requests go one after the other: the last one holds. */
  private asked: Promise<void> = Promise.resolve();
  private trouble = '';
  private closed = false;

  constructor(private readonly options: ProtectionOptions) {
    this.lingerMs = options.lingerMs ?? 5_000;
    this.spellMs = options.spellMs ?? Math.max(10 * MINUTE_MS, Math.min(60 * MINUTE_MS, options.workMs));
    this.gapMs = options.gapMs ?? 20_000;
  }

  /** Settles when new work may be begun. */
  async admission(): Promise<void> {
    const now = performance.now();
    if (!this.closed && !this.gap && this.since !== undefined && now - this.since >= this.spellMs) {
      this.gap = new Promise((resolve) => { this.endOfGap = resolve; });
      if (this.working === 0) this.end();
    }
    await this.gap;
  }

  /** Work begins. Settles when the task is protected, or cannot be: work goes on all the same. */
  async begin(): Promise<void> {
    this.working++;
    if (this.closed) return;
    clearTimeout(this.timer);
    const now = performance.now();
    if (this.since !== undefined && this.expiresAt - now > this.options.workMs) return this.asked;
    this.since ??= now;
    const minutes = Math.min(MOST_MINUTES, Math.ceil(this.options.workMs / MINUTE_MS) + Math.ceil(this.spellMs / MINUTE_MS));
    this.expiresAt = now + minutes * MINUTE_MS;
    return this.ask({ ProtectionEnabled: true, ExpiresInMinutes: minutes });
  }

  /** Work is over. */
  done(): void {
    this.working--;
    if (this.working > 0 || this.since === undefined) return;
    if (this.gap || this.closed) this.end();
    else this.timer = setTimeout(() => this.end(), this.lingerMs).unref();
  }

  /** No more work begins; settles when the task is no longer protected. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.endOfGap?.();
    if (this.working === 0 && this.since !== undefined) this.end();
    await this.asked;
  }

  private end(): void {
    clearTimeout(this.timer);
    this.since = undefined;
    void this.ask({ ProtectionEnabled: false });
    if (!this.gap) return;
    setTimeout(() => {
      this.gap = undefined;
      this.endOfGap?.();
    }, this.gapMs).unref();
  }

  private ask(state: object): Promise<void> {
    this.asked = this.asked.then(async () => {
      const trouble = await put(`${this.options.agentUri}/task-protection/v1/state`, JSON.stringify(state)).then(failureIn, (error: Error) => error.message);
      if (trouble && trouble !== this.trouble) this.options.log(`ECS does not protect the task: ${trouble}`);
      this.trouble = trouble;
    });
    return this.asked;
  }
}

/** Why, in one line; empty when it was done. */
function failureIn({ status, body }: { status: number; body: string }): string {
  let answer: { error?: { Code?: string; Message?: string }; failure?: { Reason?: string; Detail?: string } } = {};
  try {
    answer = JSON.parse(body) as typeof answer;
  } catch {
    // the status says enough
  }
  const { error, failure } = answer ?? {};
  const words = [error?.Code, error?.Message, failure?.Reason, failure?.Detail].filter(Boolean).join(': ');
  return words || (status === 200 ? '' : `HTTP ${status}`);
}

function put(url: string, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: 'PUT', headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }, timeout: ANSWER_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { if (text.length < MOST_ANSWER_BYTES) text += chunk; });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text })).on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`the agent gave no answer within ${ANSWER_MS} ms`)));
    request.on('error', reject).end(body);
  });
}
