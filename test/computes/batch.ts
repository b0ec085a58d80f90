/** Functions on AWS Batch, for tests. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { BatchJobComputeProps, Compute, HandlerRuntime, HybridFunction, HybridFunctionProps } from '../../src';
import { SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

type Props<T> = T | ((stack: Stack) => T);
const of = <T>(props: Props<T>, stack: Stack): T => typeof props === 'function' ? (props as (stack: Stack) => T)(stack) : props;

/** The template of a stack with the function `Report` as a job. */
export const job = (compute: Props<BatchJobComputeProps> = {}, fn: Props<HybridFunctionProps> = {}) => synthesized(stack => {
  new HybridFunction(stack, 'Report', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.batchJob(of(compute, stack)), ...of(fn, stack) });
});

export const { EC2 } = ecs.LaunchType;

export const definition = (template: Template) => Object.values(template.findResources('AWS::Batch::JobDefinition'))[0].Properties;
export const container = (template: Template) => definition(template).ContainerProperties;
export const environment = (template: Template) => Object.fromEntries(
  (container(template).Environment as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, Value]),
);
export const CONTAINER: HybridFunctionProps = { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile', entrypoint: '/bin/abc' }), code: undefined };
export const fakeArm = { architecture: lambda.Architecture.ARM_64, ...CONTAINER };
