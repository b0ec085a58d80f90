/**
 * Finds what the templates of a cloud assembly say of tasks and jobs, with stand-ins for what CloudFormation would put in. What this machine
 * cannot carry out is refused, so that nothing of a definition is left out in silence.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Pairs = readonly { readonly Name: string; readonly Value: string }[];

/** `AWS::ECS::TaskDefinition`, what of it this machine can carry out. */
export interface TaskDefinition {
  readonly Cpu?: string;
  readonly Memory?: string;
  readonly NetworkMode?: string;
  readonly RequiresCompatibilities?: readonly string[];
  readonly ContainerDefinitions: readonly ContainerDefinition[];
  readonly Volumes?: readonly { readonly Name: string; readonly Host?: { readonly SourcePath?: string } }[];
}

/** One of its containers. */
export interface ContainerDefinition {
  readonly Name: string;
  readonly Image: string;
  readonly EntryPoint?: readonly string[];
  readonly Command?: readonly string[];
  readonly Environment?: Pairs;
  readonly Secrets?: readonly { readonly Name: string; readonly ValueFrom: string }[];
  readonly User?: string;
  readonly ReadonlyRootFilesystem?: boolean;
  readonly Cpu?: number;
  readonly Memory?: number;
  readonly MemoryReservation?: number;
  readonly Ulimits?: readonly { readonly Name: string; readonly SoftLimit: number; readonly HardLimit: number }[];
  readonly LinuxParameters?: LinuxParameters;
  readonly MountPoints?: readonly { readonly SourceVolume: string; readonly ContainerPath: string; readonly ReadOnly?: boolean }[];
  readonly PortMappings?: readonly { readonly ContainerPort: number }[];
  readonly HealthCheck?: HealthCheck;
  readonly StopTimeout?: number;
  readonly DependsOn?: readonly { readonly ContainerName: string; readonly Condition: 'START' | 'HEALTHY' | 'COMPLETE' | 'SUCCESS' }[];
}

/** What is asked of the kernel. */
export interface LinuxParameters {
  readonly InitProcessEnabled?: boolean;
  readonly SharedMemorySize?: number;
  readonly Capabilities?: { readonly Add?: readonly string[]; readonly Drop?: readonly string[] };
  readonly Tmpfs?: readonly { readonly ContainerPath: string; readonly Size: number; readonly MountOptions?: readonly string[] }[];
}

/** How ECS finds out whether a container is well; in seconds. */
export interface HealthCheck {
  readonly Command: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly Retries?: number;
  readonly StartPeriod?: number;
}

/** Of a job definition what differs from a task definition. */
interface JobContainer extends Omit<ContainerDefinition, 'Name' | 'Cpu' | 'Memory'>, Pick<TaskDefinition, 'Volumes'> {
  readonly ResourceRequirements: readonly { readonly Type: string; readonly Value: string }[];
}

/** Variables that whoever starts a task gives its containers, by their names. */
export interface Overrides {
  readonly [container: string]: { readonly [name: string]: string };
}

/** The name that a job's container has here; in Batch it has none. */
export const JOB_CONTAINER = 'job';

/** A task definition or a job definition of a template. */
export interface Definition {
  /** Its logical id without the hash. */
  readonly id: string;
  readonly isJob: boolean;
  readonly task: TaskDefinition;
  /** What its schedule gives it, when it has one. */
  readonly scheduled?: Overrides;
}

/** By logical id without its hash, or pseudo parameter. */
export interface StandIns {
  readonly [name: string]: string;
}

interface Template {
  readonly Resources: { readonly [id: string]: { readonly Type: string; readonly Properties: any } };
}

/** The time of every schedule. */
export const SCHEDULED_TIME = '2026-03-22T18:59:43Z';
const PSEUDO_PARAMETERS: StandIns = {
  'AWS::Partition': 'aws', 'AWS::Region': 'eu-west-1', 'AWS::AccountId': '123456789012', 'AWS::URLSuffix': 'amazonaws.com',
};

/** A resource of a template. */
export interface FoundResource {
  readonly id: string;
  readonly properties: any;
}

/** The resources of a type in all templates of an assembly. What has no stand-in stands for itself, by its logical id. */
export function resourcesOf(assembly: string, type: string, standIns: StandIns = {}): FoundResource[] {
  const values = { ...PSEUDO_PARAMETERS, ...standIns };
  return readdirSync(assembly).filter(file => file.endsWith('.template.json')).flatMap(file => {
    const { Resources }: Template = JSON.parse(readFileSync(join(assembly, file), 'utf8'));
    const found = Object.entries(Resources).filter(([, { Type }]) => Type === type);
    return found.map(([id, { Properties }]) => ({ id, properties: resolved(Properties, values) }));
  });
}

/** The definitions of an assembly. */
export function definitionsOf(assembly: string, standIns: StandIns = {}): Definition[] {
  const ofType = (type: string) => resourcesOf(assembly, type, standIns);
  const targets: any[] = ofType('AWS::Scheduler::Schedule').map(({ properties }) => properties.Target);
  return [
    ...ofType('AWS::ECS::TaskDefinition').map(({ id, properties }) => ({
      id: readable(id), isJob: false, task: checked(properties), scheduled: taskOverrides(targets, id),
    })),
    ...ofType('AWS::Batch::JobDefinition').map(({ id, properties }) => ({
      id: readable(id), isJob: true, task: asTask(properties), scheduled: jobOverrides(targets, id),
    })),
  ];
}

/** Ends the test when there is more than it can carry out. */
export function refuseUnknown(what: string, given: object, known: string[]): void {
  const unknown = Object.keys(given).filter(key => !known.includes(key));
  if (unknown.length > 0) { throw new Error(`this test cannot run a ${what} with ${unknown.join(', ')}`); }
}

/** Nothing of the rest changes how the containers run. */
const TASK = [
  'Cpu', 'Memory', 'NetworkMode', 'RequiresCompatibilities', 'ContainerDefinitions', 'Volumes',
  'ExecutionRoleArn', 'Family', 'PlacementConstraints', 'RuntimePlatform', 'TaskRoleArn',
];
const JOB = ['ContainerProperties', 'PlatformCapabilities', 'RetryStrategy', 'Timeout', 'Type'];

/** A logical id without its hash. */
export const readable = (logicalId: string) => logicalId.replace(/[0-9A-F]{8}$/, '');

/** What EventBridge Scheduler sends ECS. */
function taskOverrides(targets: any[], arn: string): Overrides | undefined {
  const target = targets.find(({ EcsParameters }) => EcsParameters?.TaskDefinitionArn === arn);
  return target && Object.fromEntries(JSON.parse(atScheduledTime(target.Input)).containerOverrides.map(({ name, environment }: any) => [
    name, Object.fromEntries(environment.map((pair: any) => [pair.name, pair.value])),
  ]));
}

/** What EventBridge Scheduler sends Batch. */
function jobOverrides(targets: any[], arn: string): Overrides | undefined {
  const requests = targets.filter(({ Arn }) => Arn.endsWith(':batch:submitJob')).map(({ Input }) => JSON.parse(atScheduledTime(Input)));
  const request = requests.find(({ JobDefinition }) => JobDefinition === arn);
  return request && { [JOB_CONTAINER]: byName(request.ContainerOverrides.Environment) };
}

const atScheduledTime = (input: string) => input.replaceAll('<aws.scheduler.scheduled-time>', SCHEDULED_TIME);

/** Variables by their names. */
export function byName(pairs: Pairs = []): { [name: string]: string } {
  return Object.fromEntries(pairs.map(({ Name, Value }) => [Name, Value]));
}

function checked(task: TaskDefinition): TaskDefinition {
  refuseUnknown('task definition', task, TASK);
  return task;
}

/** A job's only container, as the task that Batch makes of it. */
function asTask(job: { ContainerProperties: JobContainer; PlatformCapabilities?: string[] }): TaskDefinition {
  const { ContainerProperties: { Volumes, ResourceRequirements, ...container }, PlatformCapabilities } = job;
  const needs = Object.fromEntries(ResourceRequirements.map(({ Type, Value }) => [Type, Value]));
  refuseUnknown('job definition', job, JOB);
  refuseUnknown('job', needs, ['VCPU', 'MEMORY']);
  return {
    Cpu: `${Number(needs.VCPU) * 1024}`,
    Memory: needs.MEMORY,
    RequiresCompatibilities: PlatformCapabilities,
    ContainerDefinitions: [{ Name: JOB_CONTAINER, ...container }],
    Volumes,
  };
}

/** A value with all of its references replaced. */
function resolved(value: any, values: StandIns): any {
  if (Array.isArray(value)) { return value.map(item => resolved(item, values)); }
  if (typeof value !== 'object' || value === null) { return value; }
  const [[name, argument], ...others] = [...Object.entries<any>(value), ['', undefined] as const];
  if (others.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) { return call(name, argument, values); }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, values)]));
}

function call(name: string, argument: any, values: StandIns): string {
  const standIn = (reference: string) => values[readable(reference)] ?? reference;
  switch (name) {
    case 'Ref': return standIn(argument);
    case 'Fn::GetAtt': return standIn(argument.join('.'));
    case 'Fn::Join': return argument[1].map((part: any) => resolved(part, values)).join(argument[0]);
    case 'Fn::Sub': return argument.replace(/\$\{([^!}]+)\}/g, (_: string, reference: string) => standIn(reference));
    default: throw new Error(`no stand-in for ${name} ${JSON.stringify(argument)}`);
  }
}
