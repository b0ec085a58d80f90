/** Defines `invoke`: one invocation of a function, or one run of a task, its result on the standard output; of a service an event into its queue. */
/* eslint-disable @typescript-eslint/no-require-imports -- loaded when it is needed: it has a client of AWS's */
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
import { chosenTrigger, sampleEvent } from '../sample-events/sample-event';
import { endOnSignal } from '../signals';
import type { FoundTrigger } from '../triggers';

export async function invoke(assembly: Assembly, options: Options): Promise<number> {
  const functions = functionsOf(assembly);
  const containers = containersOf(assembly);
  const called = findNamed<LambdaFunction | Container>([...functions, ...containers], options.args[0]);
  const trigger = options.trigger === undefined ? undefined : chosenTrigger(called, assembly, options.trigger);
  const event = trigger ? eventOfTrigger(trigger, called, options) : readEvent(options.event ?? '{}');
  if (options.print) {
    process.stdout.write(`${JSON.stringify(JSON.parse(event.toString()), undefined, 2)}\n`);
    return 0;
  }
  const given = givenEnvironment(options.envFiles, options.env);
  if ('definition' in called) {
    if (runsOnce(called)) return runTask(called, event, given);
    await send(event, trigger, called, assembly);
    return 0;
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

/** To a service, which takes no other events than those of its queues. */
async function send(event: Buffer, trigger: FoundTrigger | undefined, called: Container, assembly: Assembly): Promise<void> {
  const { queueOfTrigger, sendEvent } = require('../queues/trigger-queue') as typeof import('../queues/trigger-queue');
  const queue = trigger && queueOfTrigger(trigger, called, assembly);
  if (!queue) throw new CliError('CONTAINER_NO_TASK', `${called.name} is a ${called.kind} and takes no event${trigger ? ` of ${trigger.kind} from a queue` : ''}`);
  await sendEvent(JSON.parse(event.toString()), queue, called, assembly);
}

function eventOfTrigger(trigger: FoundTrigger, called: LambdaFunction | Container, options: Options): Buffer {
  return limited(Buffer.from(JSON.stringify(sampleEvent(trigger, called, options))), '--trigger');
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
