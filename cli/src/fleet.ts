/** Defines what `local` runs: functions, each started when it is first invoked, services and processes; replaced one by one when the app changes. */
import type { Assembly } from './assembly';
import { containersOf, runsOnce, type Container } from './containers/containers';
import { stopEngine } from './containers/engine';
import { buildImage } from './containers/images';
import { freePort, startService, type Service } from './containers/run-container';
import { taskFunction } from './containers/run-task';
import { CliError, tell } from './errors';
import { functionsOf, layersOf, type LambdaFunction, type LocalFunction } from './functions';
import { runFunction } from './local-function';
import { findNamed, shortName } from './names';
import type { InvocationResult, InvokeRequest } from '../../layers/runtime/core/invoker';

interface Running<T> {
  readonly definition: string;
  readonly host: Promise<T>;
}

interface Served extends Running<Service> {
  readonly ports: readonly number[];
}

/** What is invoked: a Lambda function, or a container that runs once for each invocation. */
type Invoked = LambdaFunction | Container;

export class Fleet {
  functions: Invoked[] = [];
  private services: Container[] = [];
  private readonly running = new Map<string, Running<LocalFunction>>();
  private readonly served = new Map<string, Served>();
  private readonly ending = new Set<Promise<void>>();
  private stopped = false;

  /**
   * @param publish the ports of this machine that were asked for, by the name of a container
   * @param localValues what is in the environment of a service here, unless it is given
   */
  constructor(
    private assembly: Assembly, private readonly given: Readonly<Record<string, string>>, private readonly publish: ReadonlyMap<string, number>,
    private readonly localValues: (of: Container, assembly: Assembly, image: string) => Promise<Record<string, string>>) {
    this.take(assembly);
    for (const name of publish.keys()) {
      const { ports, name: whole } = findNamed(containersOf(assembly), name);
      if (ports.length === 0) throw new CliError('PUBLISH_INVALID', `--publish names ${whole}, which has no port mapping`);
    }
  }

  async invoke(name: string, request: InvokeRequest): Promise<InvocationResult> {
    for (;;) {
      const running = this.running.get(name) ?? this.start(findNamed(this.functions, name));
      const host = await running.host;
      // It may have been replaced meanwhile. From here to the invocation nothing comes between.
      if (this.running.get(name) === running) return host.invoke(request);
    }
  }

  /** Where a port of a service is reached, as `host:port`. */
  async addressOf(name: string, port: number): Promise<string | undefined> {
    const index = this.services.find((each) => each.name === name)?.ports.indexOf(port) ?? -1;
    const service = await this.served.get(name)?.host;
    await service?.ready;
    return service?.addresses[index]?.replace(/^http:\/\//, '');
  }

  /** Starts the services and processes, one after the other: each may have to be built. */
  async startServices(): Promise<void> {
    for (const each of this.services) await this.serve(each);
  }

  /** Takes the app as it is now: what has changed is replaced, and what is in flight finishes. What cannot be replaced goes on. */
  async replace(assembly: Assembly): Promise<void> {
    this.take(assembly);
    for (const [name, old] of [...this.running]) {
      const of = this.functions.find((each) => each.name === name);
      if (of && this.definitionOf(of) === old.definition) continue;
      const next = of && this.launch(of);
      if (next && !await next.host.then(() => true, () => false)) continue;
      if (this.stopped) return;
      if (next) this.running.set(name, next);
      else this.running.delete(name);
      tell(next ? `${name} has changed: its next invocation runs it as it is now` : `${name} is no longer in the app`);
      this.end(old.host);
    }
    for (const [name, { host }] of [...this.served]) {
      if (this.services.some((each) => each.name === name)) continue;
      this.served.delete(name);
      this.end(host);
    }
    await this.startServices();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    stopEngine();
    for (const { host } of [...this.running.values(), ...this.served.values()]) this.end(host);
    await Promise.all(this.ending);
  }

  private take(assembly: Assembly): void {
    this.assembly = assembly;
    const containers = containersOf(assembly);
    this.functions = [...functionsOf(assembly), ...containers.filter(runsOnce)];
    this.services = containers.filter((each) => !runsOnce(each));
  }

  private start(of: Invoked): Running<LocalFunction> {
    const running = this.launch(of);
    this.running.set(of.name, running);
    // What could not be started may be mended and tried again.
    running.host.catch(() => { if (this.running.get(of.name) === running) this.running.delete(of.name); });
    return running;
  }

  private launch(of: Invoked): Running<LocalFunction> {
    const host = 'definition' in of ? taskFunction(of, this.given, this.prefix(of)) : runFunction(of, this.assembly, this.given, this.prefix(of));
    host.catch((error: Error) => this.report(error));
    return { definition: this.definitionOf(of), host };
  }

  private async serve(of: Container): Promise<void> {
    const old = this.served.get(of.name);
    const definition = this.definitionOf(of);
    if (old?.definition === definition || this.stopped) return;
    try {
      const image = await buildImage(of);
      if (old) {
        await old.host.then((service) => service.stop(), () => {});
        this.served.set(of.name, { ...old, definition: '' });
      }
      if (this.stopped) return;
      const ports = old?.ports.length === of.ports.length ? old.ports : await this.portsFor(of);
      const values = { ...await this.localValues(of, this.assembly, image), ...this.given };
      if (this.stopped) return;
      const host = startService(of, image, ports, values, this.prefix(of));
      this.served.set(of.name, { definition, host, ports });
      // It is tried again when the app changes, whatever has.
      host.catch(() => this.served.set(of.name, { definition: '', host, ports }));
      const { addresses, ready } = await host;
      // Nobody waits for it: one service may need another to become ready.
      void ready.then(() => {
        if (!this.stopped) process.stdout.write(`${of.name}  ${addresses.length > 0 ? addresses.join(' ') : 'runs'}\n`);
      });
    } catch (error) {
      this.report(error as Error);
    }
  }

  private async portsFor(of: Container): Promise<number[]> {
    const asked = [...this.publish].find(([name]) => findNamed(this.services, name) === of)?.[1];
    const ports: number[] = [];
    for (const index of of.ports.keys()) ports.push(index === 0 && asked ? asked : await freePort());
    return ports;
  }

  /** What it is in the template; assets go there by their contents, but for those of layers. */
  private definitionOf(of: Invoked): string {
    const { Parameters: parameters } = of.stack.template;
    if ('definition' in of) return JSON.stringify([of.definition, of.volumes, of.architecture, of.memoryMiB, parameters]);
    return JSON.stringify([of.properties, (of.properties.Layers ?? []).length > 0 ? layersOf(of, this.assembly) : [], parameters]);
  }

  private prefix(of: Invoked): string {
    const all = [...this.functions, ...this.services];
    return all.length > 1 ? `[${shortName(all, of)}] ` : '';
  }

  private report({ message }: Error): void {
    if (!this.stopped) tell(message);
  }

  private end(host: Promise<LocalFunction | Service>): void {
    const ending = host.then((each) => each.stop(), () => {}).finally(() => this.ending.delete(ending));
    this.ending.add(ending);
  }
}
