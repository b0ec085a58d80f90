/** Defines `invoke`: one invocation of a function, or one run of a task; its result on the standard output. */
import { readFileSync, statSync } from 'node:fs';
import { MAX_EVENT_BYTES } from '../../../layers/runtime/core/invoker';
import { tooLarge } from '../../../layers/runtime/sources/emulator';
import type { Assembly } from '../assembly';
import { containersOf, runsOnce, type Container } from '../containers/containers';
import { runTask } from '../containers/run-task';
import { givenEnvironment } from '../environment';
import { CliError } from '../errors';
import { functionsOf, type LambdaFunction } from '../functions';
import { runFunction } from '../local-function';
import { findNamed } from '../names';
import type { Options } from '../options';
import { sampleEvent, type SampleOptions } from '../sample-events/sample-event';
import { endOnSignal } from '../signals';

export async function invoke(assembly: Assembly, options: Options): Promise<number> {
  const functions = functionsOf(assembly);
  const containers = containersOf(assembly);
  const called = findNamed<LambdaFunction | Container>([...functions, ...containers], options.args[0]);
  const event = options.trigger === undefined ? readEvent(options.event ?? '{}') : eventOfTrigger(called, assembly, { ...options, trigger: options.trigger });
  if (options.print) {
    process.stdout.write(`${JSON.stringify(JSON.parse(event.toString()), undefined, 2)}\n`);
    return 0;
  }
  const given = givenEnvironment(options.envFiles, options.env);
  if ('definition' in called) {
    if (!runsOnce(called)) throw new CliError('CONTAINER_NO_TASK', `${called.name} is a ${called.kind} and takes no event`);
    return runTask(called, event, given);
  }
  endOnSignal();
  const running = await runFunction(called, assembly, given);
  try {
    const result = await running.invoke({ event });
    process.stdout.write(`${result.payload}\n`);
    return result.functionError ? 1 : 0;
  } finally {
    await running.stop();
  }
}

function eventOfTrigger(called: LambdaFunction | Container, assembly: Assembly, options: SampleOptions): Buffer {
  return limited(Buffer.from(JSON.stringify(sampleEvent(called, assembly, options))), '--trigger');
}

/** JSON itself, a file with JSON, or - for the standard input. */
function readEvent(given: string): Buffer {
  return limited(Buffer.from(eventText(given)), '--event');
}

function limited(event: Buffer, option: string): Buffer {
  if (event.length > MAX_EVENT_BYTES) throw new CliError('EVENT_TOO_LARGE', `the event of ${option} is refused as on Lambda: ${tooLarge(event.length)}`);
  return event;
}

function eventText(given: string): string {
  const problem = whyNot(given);
  if (!problem) return given;
  const fromInput = given === '-';
  if (!fromInput && !statSync(given, { throwIfNoEntry: false })?.isFile()) {
    const meant = /^\s*[{["]/.test(given) ? `not JSON: ${problem}: '${given}'` : `neither JSON nor an existing file: '${given}'`;
    throw new CliError('EVENT_INVALID', `--event is ${meant}`);
  }
  const text = readFileSync(fromInput ? 0 : given, 'utf8').replace(/^\uFEFF/, '');
  const textProblem = whyNot(text);
  if (!textProblem) return text;
  throw new CliError('EVENT_INVALID', `${fromInput ? 'the standard input' : `the file '${given}'`} of --event is not JSON: ${textProblem}`);
}

function whyNot(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
