/** What a template says of the stop of a task, and what the host makes of it, belong together: tasks are protected where either sees that work may outlast a stop. */
import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { GRACE_MS } from '../../layers/runtime/core/invoker';
import { mayOutlastStop } from '../../layers/runtime/host/queue-serving';
import { hostSettings } from '../../layers/runtime/host/settings';
import { Trigger } from '../../src';
import { HOST_STOP_SECONDS } from '../../src/private/environment/runtime-contract';
import { handlerOf, onEcs } from '../computes/ecs';

function serviceOf(timeout: number, stopTimeout: number) {
  const { template } = onEcs('service', { stopTimeout: Duration.seconds(stopTimeout) }, { timeout: Duration.seconds(timeout) },
    (fn, stack) => fn.addTrigger(Trigger.queue(new sqs.Queue(stack, 'Orders'))));
  const { environment } = handlerOf(template);
  return { environment, settings: hostSettings([], environment as { [name: string]: string }, '/opt') };
}

test('the host keeps as much of the stop timeout for its own end as the template takes it to', () => {
  const { settings, environment } = serviceOf(30, 30);
  expect(Number(environment.HYBRID_STOP_TIMEOUT) - (settings.stopTimeoutMs - GRACE_MS) / 1000).toBe(HOST_STOP_SECONDS);
});

test.each([[26, 30], [27, 30], [28, 30], [30, 30], [1, 2], [116, 120], [117, 120], [118, 120], [120, 120], [900, 120]])(
  'a handler of %d seconds, a stop timeout of %d: the host protects the task exactly where the template lets it', (timeout, stopTimeout) => {
    const { environment, settings } = serviceOf(timeout, stopTimeout);
    expect(settings.taskProtection).toBe(environment.HYBRID_TASK_PROTECTION === 'true');
    expect(mayOutlastStop(settings)).toBe(settings.taskProtection);
  });
