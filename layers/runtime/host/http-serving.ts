/** Defines how the host serves HTTP: itself, or by its worker threads, each with connections of its own; and the private integrations of API Gateway. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { createServer } from 'node:net';
import { tell } from './errors';
import { InvokerCarrier } from './http-carrier';
import { httpSettings } from './http-settings';
import { Refusals } from './refusals';
import type { ServingSource } from './serving';
import type { HostSettings } from './settings';
import type { Invoker } from '../core/invoker';
import type { Metrics } from '../core/metrics';
import type { SharedInvoker } from '../invokers/shared-invoker';
import type * as EventGatewayModule from '../sources/http/event-gateway';
import { HttpSource } from '../sources/http/http-source';
import { HEALTH_PATH, type HttpSettings } from '../sources/http/settings';

/** The host has a part of the memory; what runs the handler needs more of it for the same events and results. */
const SHARES = 3;

/** Calls that wait in the invoker for each bootstrap, so that one which is free is given the next at once. */
const AHEAD = 1;

export function httpSource(invoker: Invoker, settings: HostSettings, metrics: Metrics | undefined): ServingSource {
  const http = httpSettings(settings.memoryMiB, SHARES);
  if (!('servesHttp' in invoker)) return byHost(settings.port, sourceFor(invoker, settings.workers * (settings.maxConcurrency + AHEAD), http, metrics));
  const shared = invoker as SharedInvoker;
  const source = (): HttpSource => sourceFor(shared, settings.maxConcurrency, http, metrics);
  return shared.servesHttp ? byThreads(shared, settings, source) : byHost(settings.port, source());
}

/** On a port of its own, for the headers of private integrations are believed. */
export function gatewaySource(invoker: Invoker, settings: HostSettings, metrics: Metrics | undefined): ServingSource {
  const { workers, maxConcurrency, memoryMiB, gatewayPort } = settings;
  const { GATEWAY } = require('../sources/http/event-gateway') as typeof EventGatewayModule;
  // Preflights, and headers that let pages of other origins read answers, are API Gateway's. The health is asked by a load balancer of its own.
  const http = { ...httpSettings(memoryMiB, SHARES), cors: undefined, healthPath: HEALTH_PATH };
  const capacity = 'servesHttp' in invoker ? maxConcurrency : workers * (maxConcurrency + AHEAD);
  return byHost(gatewayPort, sourceFor(invoker, capacity, http, metrics, GATEWAY));
}

/** @param gateway how private integrations are read, where they are what comes */
function sourceFor(
  invoker: Invoker, capacity: number, settings: HttpSettings, metrics: Metrics | undefined, gateway?: EventGatewayModule.Gateway,
): HttpSource {
  const carrier = new InvokerCarrier(invoker, capacity);
  return new HttpSource({ carrier, settings, gateway, healthy: () => invoker.healthy, log: tell, onRefused: new Refusals(metrics).count });
}

function byHost(port: number, source: HttpSource): ServingSource {
  let url: string;
  return {
    listen: async () => { url = await source.listen({ port }); },
    ready: () => {
      source.ready();
      return url;
    },
    drain: () => source.drain(),
  };
}

/** While no thread listens, before the first is ready and when the only one has crashed, the host does: what comes waits for the next thread. */
function byThreads(invoker: SharedInvoker, { port }: HostSettings, newSource: () => HttpSource): ServingSource {
  const standIns = new Set<HttpSource>();
  let current: HttpSource | undefined;
  let url: string;
  let draining = false;

  const standIn = (): Promise<string> => {
    current = newSource();
    standIns.add(current);
    return current.listen({ port: invoker.httpPort ?? port, reusePort: true });
  };
  const step = (someone: boolean): void => {
    if (draining || someone !== (current !== undefined)) return;
    if (!someone) {
      standIn().catch((error: Error) => tell(`nothing listens on port ${invoker.httpPort} until a thread has started: ${error.message}`));
      return current!.ready();
    }
    const source = current!;
    current = undefined;
    source.ready();
    void source.retire().then(() => standIns.delete(source));
  };
  return {
    listen: async () => {
      if (port > 0) await assertUnused(port);
      url = await standIn();
      invoker.httpPort = current!.address.port;
      invoker.onListening = step;
    },
    ready: () => {
      current?.ready();
      return url;
    },
    drain: async () => {
      draining = true;
      await Promise.all([invoker.drainHttp(), ...[...standIns].map((source) => source.drain())]);
    },
  };
}

/** Rejects when another process listens: where the port is shared, the system would divide the connections between the two. */
async function assertUnused(port: number): Promise<void> {
  const probe = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => { probe.once('error', reject).listen(port, resolve); });
  await new Promise((resolve) => { probe.close(resolve); });
}
