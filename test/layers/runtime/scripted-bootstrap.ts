/** Defines the bootstrap under test: the bundle as a process, against a Runtime API whose every byte the test knows. Both end with the test. */
import { BootstrapProcess, type BootstrapOptions } from './bootstrap-process';
import { ScriptedService, type Answer, type Request } from './scripted-service';

export let service: ScriptedService;
export let bootstrap: BootstrapProcess;

afterEach(async () => {
  await bootstrap?.kill();
  await service?.stop();
});

export async function run(handler: string, script: (request: Request) => Answer, environment: Record<string, string> = {}): Promise<void> {
  await serve(script);
  start({ handler, environment });
}

export async function serve(script: (request: Request) => Answer): Promise<void> {
  service = await ScriptedService.start(script);
}

/** Starts it; against the service unless it is told otherwise. */
export function start({ runtimeApi = service.address, ...options }: Omit<BootstrapOptions, 'runtimeApi'> & { readonly runtimeApi?: string }): void {
  bootstrap = new BootstrapProcess({ ...options, runtimeApi });
}

/** The JSON body of the nth request whose path ends so. */
export async function posted(pathEnd: string, nth?: number): Promise<unknown> {
  return JSON.parse((await service.request(pathEnd, nth)).body);
}
