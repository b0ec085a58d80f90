/** Values that only the deployment knows: no check takes them for something else, and they arrive where they belong. */
import { CfnParameter, Duration, Stack, Token } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { CONTAINER, instances, onEcs } from './ecs';
import { HybridFunctionProps, OtelCollector, ServiceComputeProps, ServiceScaling, TaskVolume } from '../../src';

const parameter = (stack: Stack, type = 'String') => stack.node.tryFindChild(type) as CfnParameter | undefined ?? new CfnParameter(stack, type, { type });
const number = (stack: Stack) => parameter(stack, 'Number').valueAsNumber;
const text = (stack: Stack) => parameter(stack).valueAsString;
const seconds = (stack: Stack) => Duration.seconds(number(stack));

const NUMBER = { Ref: 'Number' };
const TEXT = { Ref: 'String' };
type Kind = 'service' | 'process' | 'task';

/** Whether a value is somewhere below a path of the resources of a type. */
function found(value: unknown, below: unknown): boolean {
  if (JSON.stringify(value) === JSON.stringify(below)) { return true; }
  return typeof below === 'object' && below !== null && Object.values(below).some(each => found(value, each));
}

/** A token number that was taken for a number reads like this. */
const MISTAKEN = /-?1\.88\d*e\+?\d+|\$\{Token|#\{Token/;

const synth = (kind: Kind, props: (stack: Stack) => ServiceComputeProps, options: (stack: Stack) => HybridFunctionProps = () => ({})) => {
  const { template } = onEcs(kind, props, options);
  const { Resources } = template.toJSON();
  expect(JSON.stringify(Resources)).not.toMatch(MISTAKEN);
  return Resources as { [id: string]: object };
};

const metric = new cloudwatch.Metric({ namespace: 'Shop', metricName: 'Orders' });
const scaled = (stack: Stack, rule: ServiceScaling, props: ServiceComputeProps = {}) => ({ maxCapacity: number(stack), scaling: [rule], ...props });

describe('a number that only the deployment knows', () => {
  test.each<[string, Kind, (stack: Stack) => ServiceComputeProps]>([
    ['cpu', 'service', stack => ({ cpu: number(stack) })],
    ['memoryLimitMiB', 'task', stack => ({ memoryLimitMiB: number(stack) })],
    ['memoryReservationMiB', 'task', stack => ({ memoryReservationMiB: number(stack) })],
    ['memoryReservationMiB beside memoryLimitMiB', 'task', stack => ({ memoryReservationMiB: 100, memoryLimitMiB: number(stack) })],
    ['ephemeralStorageGiB', 'task', stack => ({ ephemeralStorageGiB: number(stack) })],
    ['stopTimeout', 'service', stack => ({ stopTimeout: seconds(stack) })],
    ['port', 'service', stack => ({ port: number(stack) })],
    ['port of a process', 'process', stack => ({ port: number(stack) })],
    ['desiredCount', 'service', stack => ({ desiredCount: number(stack) })],
    ['minCapacity', 'service', stack => ({ ...scaled(stack, ServiceScaling.onCpu(50)), maxCapacity: 5, minCapacity: number(stack) })],
    ['maxCapacity', 'service', stack => ({ ...scaled(stack, ServiceScaling.onCpu(50)), minCapacity: 2 })],
    ['minHealthyPercent', 'service', stack => ({ minHealthyPercent: number(stack) })],
    ['maxHealthyPercent', 'service', stack => ({ maxHealthyPercent: number(stack) })],
    ['healthCheckGracePeriod', 'service', stack => ({ healthCheckGracePeriod: seconds(stack) })],
    ['containerHealthCheck', 'service', stack => ({ containerHealthCheck: { command: ['CMD', 'true'], retries: number(stack) } })],
    ['workers', 'service', stack => ({ workers: number(stack) })],
    ['maxConcurrency', 'service', stack => ({ maxConcurrency: number(stack) })],
    ['workerCount', 'service', stack => ({ maxConcurrency: 8, workerCount: number(stack) })],
    ['trustedProxyHops', 'service', stack => ({ trustedProxyHops: number(stack) })],
    ['weight and base of capacityProviderStrategies', 'service', stack => ({ capacityProviderStrategies: [{ capacityProvider: 'FARGATE', weight: number(stack), base: number(stack) }] })],
    ['target of onCpu', 'service', stack => scaled(stack, ServiceScaling.onCpu(number(stack), { scaleInCooldown: seconds(stack), scaleOutCooldown: seconds(stack) }))],
    ['target of onMemory', 'service', stack => scaled(stack, ServiceScaling.onMemory(number(stack)))],
    ['target of onMetric', 'service', stack => scaled(stack, ServiceScaling.onMetric('Orders', { metric, targetValue: number(stack) }))],
    ['limits of onSchedule', 'service', stack => scaled(stack, ServiceScaling.onSchedule('Night', { schedule: appscaling.Schedule.cron({ hour: '1' }), minCapacity: number(stack), maxCapacity: number(stack) }))],
    ['cooldown, magnitude and periods of inSteps', 'service', stack => scaled(stack, ServiceScaling.inSteps('Orders', {
      metric,
      scalingSteps: [{ upper: 1, change: -10 }, { lower: 5, change: 10 }],
      adjustmentType: appscaling.AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
      cooldown: seconds(stack),
      minAdjustmentMagnitude: number(stack),
      evaluationPeriods: number(stack),
      datapointsToAlarm: number(stack),
    }))],
    ['memoryReservationMiB of tracing', 'task', stack => ({ tracing: OtelCollector.xray({ memoryReservationMiB: number(stack) }) })],
    ['ulimits', 'task', stack => ({ ulimits: [{ name: ecs.UlimitName.NOFILE, softLimit: number(stack), hardLimit: number(stack) }] })],
  ])('%s', (_option, kind, props) => {
    expect(found(NUMBER, synth(kind, props))).toBe(true);
  });

  test.each<[string, (stack: Stack) => ServiceComputeProps]>([
    ['cpu', stack => ({ cpu: number(stack) })],
    ['memoryLimitMiB', stack => ({ memoryLimitMiB: number(stack) })],
    ['memoryReservationMiB', stack => ({ memoryReservationMiB: number(stack) })],
    ['stopTimeout', stack => ({ stopTimeout: seconds(stack) })],
  ])('%s on EC2', (_option, props) => {
    expect(found(NUMBER, synth('task', stack => ({ ...instances(stack), launchType: ecs.LaunchType.EC2, ...props(stack) })))).toBe(true);
  });

  test('timeout', () => {
    expect(found(NUMBER, synth('service', () => ({}), stack => ({ timeout: seconds(stack) })))).toBe(true);
  });

  test('a service of so many tasks is not warned of', () => {
    expect(onEcs('service', stack => ({ desiredCount: number(stack) })).warnings.filter(warning => warning.includes('oneIsolatedTask'))).toEqual([]);
  });
});

describe('a text that only the deployment knows', () => {
  test.each<[string, Kind, (stack: Stack) => ServiceComputeProps]>([
    ['serviceName', 'service', stack => ({ serviceName: text(stack) })],
    ['containerPath of a volume', 'task', stack => ({ volumes: [TaskVolume.scratch({ containerPath: text(stack) }), TaskVolume.scratch({ containerPath: `${text(stack)}/more` })] })],
    ['multilinePattern', 'task', stack => ({ multilinePattern: text(stack) })],
    ['config of tracing', 'task', stack => ({ tracing: OtelCollector.xray({ config: text(stack) }) })],
    ['deploymentAlarms', 'service', stack => ({ deploymentAlarms: { alarmNames: [text(stack)] } })],
  ])('%s', (_option, kind, props) => {
    const resources = synth(kind, props);
    expect(found(TEXT, resources)).toBe(true);
  });

  test('PORT of the environment, beside the port', () => {
    expect(found(TEXT, synth('service', () => ({}), stack => ({ environment: { PORT: text(stack) } })))).toBe(true);
    expect(found(NUMBER, synth('service', stack => ({ port: number(stack) }), stack => ({ environment: { PORT: Token.asString(number(stack)) } })))).toBe(true);
  });

  test('handler, environment and stage of a container', () => {
    expect(found(TEXT, synth('task', () => ({}), stack => ({ ...CONTAINER, stage: text(stack), environment: { TABLE: text(stack) } })))).toBe(true);
    expect(found(TEXT, synth('task', () => ({}), stack => ({ handler: text(stack) })))).toBe(true);
  });
});
