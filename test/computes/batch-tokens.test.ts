import { CfnParameter, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as batch from 'aws-cdk-lib/aws-batch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { BatchJobComputeProps, Compute, HybridFunction } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

/** Numbers that only the deployment knows, and numbers that only the end of the synth knows. */
const KINDS: [string, (stack: Stack) => number, unknown, string | object][] = [
  ['a parameter of the stack', stack => new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber, { Ref: 'Number' }, { Ref: 'Number' }],
  ['a lazy value', () => Lazy.number({ produce: () => 1024 }), 1024, '1024'],
];
const { EC2 } = ecs.LaunchType;
const JOB = 'AWS::Batch::JobDefinition';
const ENVIRONMENT = 'AWS::Batch::ComputeEnvironment';
const QUEUE = 'AWS::Batch::JobQueue';

function property(template: Template, type: string, path: string): unknown {
  const [{ Properties }] = Object.values(template.findResources(type));
  return path.split('.').reduce<unknown>((value, key) => (value as { [key: string]: unknown } | undefined)?.[key], Properties);
}

const job = (compute: (stack: Stack) => BatchJobComputeProps, timeout?: (stack: Stack) => Duration) => synthesized(stack => {
  new HybridFunction(stack, 'Report', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.batchJob(compute(stack)), timeout: timeout?.(stack) });
});
const requirement = (template: Template, type: string) =>
  (property(template, JOB, 'ContainerProperties.ResourceRequirements') as { Type: string; Value: unknown }[]).find(({ Type }) => Type === type)?.Value;
const variable = (template: Template, name: string) =>
  (property(template, JOB, 'ContainerProperties.Environment') as { Name: string; Value: unknown }[]).find(({ Name }) => Name === name)?.Value;

describe.each(KINDS)('%s for a number', (_kind, number, expected, asText) => {
  test.each<[string, (value: number) => BatchJobComputeProps, string, string]>([
    ['retryAttempts', retryAttempts => ({ retryAttempts }), JOB, 'RetryStrategy.Attempts'],
    ['schedulingPriority', schedulingPriority => ({ schedulingPriority }), JOB, 'SchedulingPriority'],
    ['ephemeralStorageGiB', ephemeralStorageGiB => ({ ephemeralStorageGiB }), JOB, 'ContainerProperties.EphemeralStorage.SizeInGiB'],
    ['jobQueuePriority', jobQueuePriority => ({ jobQueuePriority }), QUEUE, 'Priority'],
    ['maxvCpus on Fargate', maxvCpus => ({ maxvCpus }), ENVIRONMENT, 'ComputeResources.MaxvCpus'],
    ['maxvCpus on EC2', maxvCpus => ({ launchType: EC2, maxvCpus, minvCpus: 4 }), ENVIRONMENT, 'ComputeResources.MaxvCpus'],
    ['minvCpus', minvCpus => ({ launchType: EC2, minvCpus, maxvCpus: 4 }), ENVIRONMENT, 'ComputeResources.MinvCpus'],
    ['spotBidPercentage', spotBidPercentage => ({ launchType: EC2, spot: true, spotBidPercentage }), ENVIRONMENT, 'ComputeResources.BidPercentage'],
  ])('%s', (_option, options, type, path) => {
    expect(property(job(stack => options(number(stack))), type, path)).toEqual(expected);
  });

  test('timeout', () => {
    expect(property(job(() => ({}), stack => Duration.seconds(number(stack))), JOB, 'Timeout.AttemptDurationSeconds')).toEqual(expected);
  });

  test('memoryLimitMiB', () => {
    for (const launchType of [undefined, EC2]) {
      const template = job(stack => ({ launchType, cpu: 1024, memoryLimitMiB: number(stack) }));
      expect([requirement(template, 'MEMORY'), requirement(template, 'VCPU'), variable(template, 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE')]).toEqual([asText, '1', asText]);
    }
  });

  test('gpu', () => {
    const template = job(stack => ({ launchType: EC2, gpu: number(stack), instanceTypes: [new ec2.InstanceType('g5.xlarge')] }));
    expect([requirement(template, 'GPU'), requirement(template, 'MEMORY'), requirement(template, 'VCPU')]).toEqual([asText, '2048', '1']);
  });

  test('cpu, of which Batch wants the vCPUs; memory is the least for it', () => {
    for (const [launchType, inMap] of [[undefined, '0.25'], [EC2, '1']] as const) {
      const template = job(stack => ({ launchType, cpu: number(stack) }));
      const [[map, sizes]] = Object.entries(template.findMappings('*'));
      const least = launchType === EC2 ? '1024' : '256';
      expect(sizes[least]).toEqual({ vCpus: inMap, memoryMiB: String(Number(least) * 2) });
      expect(sizes[1024]).toEqual({ vCpus: '1', memoryMiB: '2048' });
      const of = (value: string) => ({ 'Fn::FindInMap': [map, asText, value] });
      expect([requirement(template, 'VCPU'), requirement(template, 'MEMORY')]).toEqual([of('vCpus'), of('memoryMiB')]);
      expect(variable(template, 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE')).toEqual(of('memoryMiB'));
    }
    const given = job(stack => ({ cpu: number(stack), memoryLimitMiB: 4096 }));
    expect(requirement(given, 'MEMORY')).toBe('4096');
  });
});

test('numbers that are known make no map', () => {
  expect(Object.keys(job(() => ({ cpu: 512 })).findMappings('*'))).toEqual([]);
});

test('instanceTypes, shareIdentifier and tags may be strings that only the deployment knows', () => {
  const template = job(stack => {
    const text = new CfnParameter(stack, 'Text').valueAsString;
    return {
      launchType: EC2,
      instanceTypes: [new ec2.InstanceType(text)],
      shareIdentifier: text,
      schedulingPolicy: new batch.FairshareSchedulingPolicy(stack, 'Fair'),
      tags: { team: text },
    };
  });
  expect(property(template, ENVIRONMENT, 'ComputeResources.InstanceTypes')).toEqual([{ Ref: 'Text' }]);
  expect(property(template, JOB, 'Tags')).toEqual({ team: { Ref: 'Text' } });
});
