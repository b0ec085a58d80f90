/** Defines what belongs to one of several invocations in a thread, found through the asynchronous context. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { InvocationHeaders } from './invocation';
import type { LogScope } from './logging';

/** The keys of AWS's own invoke store, so that its SDK and Powertools find what they look for. */
const REQUEST_ID = Symbol.for('_AWS_LAMBDA_REQUEST_ID');
const TRACE_ID = Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID');
const TENANT_ID = Symbol.for('_AWS_LAMBDA_TENANT_ID');

type Values = Record<string | symbol, unknown>;

export class InvokeStore {
  private readonly storage = new AsyncLocalStorage<Values>();

  /** Runs an invocation, told by its headers, in a context of its own. */
  enter<Args extends unknown[]>(headers: InvocationHeaders, run: (...args: Args) => void, ...args: Args): void {
    this.storage.run({
      [REQUEST_ID]: headers['lambda-runtime-aws-request-id'],
      [TRACE_ID]: headers['lambda-runtime-trace-id'],
      [TENANT_ID]: headers['lambda-runtime-aws-tenant-id'],
    }, run, ...args);
  }

  get logScope(): LogScope {
    return { requestId: this.get(REQUEST_ID) as string | undefined, tenantId: this.getTenantId() };
  }

  run<T>(values: Values, action: () => T): T {
    return this.storage.run(values, action);
  }

  getContext(): Values | undefined {
    return this.storage.getStore();
  }

  hasContext(): boolean {
    return this.getContext() !== undefined;
  }

  get(key: string | symbol): unknown {
    return this.getContext()?.[key];
  }

  set(key: string | symbol, value: unknown): void {
    const values = this.getContext();
    if (!values) throw new Error('the invoke store was written outside of an invocation');
    if ([REQUEST_ID, TRACE_ID, TENANT_ID].includes(key as symbol)) throw new Error(`${String(key)} belongs to Lambda and cannot be changed`);
    values[key] = value;
  }

  getRequestId(): string {
    return (this.get(REQUEST_ID) as string | undefined) ?? '-';
  }

  getXRayTraceId(): string | undefined {
    return this.get(TRACE_ID) as string | undefined;
  }

  getTenantId(): string | undefined {
    return this.get(TENANT_ID) as string | undefined;
  }
}
