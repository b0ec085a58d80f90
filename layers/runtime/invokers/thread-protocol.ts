/** Defines what the host and one of its worker threads tell each other. */
import type { HttpSettings } from '../sources/http/settings';

/** What a thread is started with. */
export interface ThreadSetup {
  /** How many invocations it carries out at once. */
  readonly slots: number;
  /** The memory of its InFlightTable. */
  readonly inFlight: SharedArrayBuffer;
  /** The most that one invocation may take. */
  readonly timeoutMs: number;
  readonly invokedFunctionArn: string;
  readonly logFormat: 'text' | 'json';
  /** The descriptor of log lines. */
  readonly logOutput: number;
  /** It answers HTTP requests itself. */
  readonly http?: HttpSettings;
  /** The function whose metrics they are. @default - none are written */
  readonly metricsOf?: string;
  /** Where: others listen there as well. */
  readonly httpPort?: number;
}

/** An invocation that the host hands to a thread. */
export interface ThreadInvocation {
  readonly requestId: string;
  /** As JSON text. */
  readonly event: string;
  readonly traceId?: string;
  readonly clientContext?: string;
  readonly cognitoIdentity?: string;
  readonly tenantId?: string;
}

export type ToThread =
  | { readonly kind: 'invoke'; readonly invocation: ThreadInvocation }
  /** The host has passed on a piece of a streamed result: there may be another. */
  | { readonly kind: 'written'; readonly requestId: string }
  /** Another thread takes over: take no more connections, and finish those that there are. */
  | { readonly kind: 'retire' }
  /** Take no more work. */
  | { readonly kind: 'drain' }
  /** Nothing is in flight any more, or it is time to go: SIGTERM for the handler, then the end. */
  | { readonly kind: 'stop' };

export type FromThread =
  /** The handler is initialized; with HTTP, it listens. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'init failed'; readonly errorType: string; readonly body: string }
  | { readonly kind: 'cannot listen'; readonly message: string }
  | { readonly kind: 'succeeded'; readonly requestId: string; readonly json: string }
  | { readonly kind: 'failed'; readonly requestId: string; readonly errorType: string; readonly body: string }
  | { readonly kind: 'timed out'; readonly requestId: string }
  | { readonly kind: 'stream'; readonly requestId: string; readonly contentType: string }
  | { readonly kind: 'chunk'; readonly requestId: string; readonly bytes: Uint8Array }
  | { readonly kind: 'stream end'; readonly requestId: string; readonly failure?: { readonly errorType: string; readonly body: string } }
  /** An invocation took too long, and may still be running: another thread must take over. */
  | { readonly kind: 'worn out' }
  /** The thread cannot go on: what is in flight fails, and it must be handed nothing more. */
  | { readonly kind: 'ending' }
  /** All HTTP requests are answered, and no more will come. */
  | { readonly kind: 'drained' };
