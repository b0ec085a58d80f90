/** The CPU, the memory and the GPUs of a job, checked and as Batch wants them. Tokens, known at deployment only, are let through. */
import { CfnMapping, Token, Tokenization } from 'aws-cdk-lib';
import type * as batch from 'aws-cdk-lib/aws-batch';
import type { Construct } from 'constructs';
import { checkRange } from '../check-range';
import { problem } from '../errors';
import { checkFargateSize, FARGATE_CPUS } from './fargate-sizes';

const VCPU = 1024;
const DEFAULT_CPU = { fargate: 256, ec2: VCPU };
/** Fargate has at least so much memory for each CPU unit. */
const MEMORY_MIB_PER_CPU_UNIT = 2;
/** Source: `ResourceRequirement` in the AWS Batch API Reference. */
const LEAST_MEMORY_MIB = 4;
/** How many vCPUs a job on instances may have when their number is known at deployment only. The largest of common instances has so many. */
const MOST_VCPUS_OF_MAP = 192;

/** What a user says of sizes. */
export interface JobSizeOptions {
  readonly cpu?: number;
  readonly memoryLimitMiB?: number;
  readonly gpu?: number;
}

/** What they come to. */
export interface JobSizes {
  readonly vCpus: number;
  readonly memoryMiB: number;
  /** All as the resource has them, where the construct of the CDK would calculate with a token. */
  readonly requirements?: batch.CfnJobDefinition.ResourceRequirementProperty[];
}

/** The sizes of a job on Fargate or on instances. */
export function jobSizes(scope: Construct, isFargate: boolean, { cpu: givenCpu, memoryLimitMiB, gpu }: JobSizeOptions): JobSizes {
  const cpu = givenCpu ?? (isFargate ? DEFAULT_CPU.fargate : DEFAULT_CPU.ec2);
  checkRange(scope, 'gpu', gpu, { least: 1, most: Infinity });
  if (isFargate) {
    checkFargateSize(scope, cpu, memoryLimitMiB ?? cpu * MEMORY_MIB_PER_CPU_UNIT);
  } else {
    checkRange(scope, 'memoryLimitMiB', memoryLimitMiB, { least: LEAST_MEMORY_MIB, most: Infinity, unit: 'MiB' });
    if (!Token.isUnresolved(cpu) && (cpu < VCPU || cpu % VCPU !== 0)) {
      throw problem(scope, 'SIZE_OUT_OF_RANGE', { property: 'cpu', given: cpu, accepted: 'whole vCPUs on EC2: 1024, 2048, ...' });
    }
  }
  if (![cpu, memoryLimitMiB, gpu].some(size => Token.isUnresolved(size))) {
    return { vCpus: cpu / VCPU, memoryMiB: memoryLimitMiB ?? cpu * MEMORY_MIB_PER_CPU_UNIT };
  }
  const { vCpus, memoryMiB } = Token.isUnresolved(cpu)
    ? sizesOfMap(scope, isFargate, cpu)
    : { vCpus: String(cpu / VCPU), memoryMiB: cpu * MEMORY_MIB_PER_CPU_UNIT };
  const memory = memoryLimitMiB ?? memoryMiB;
  const requirement = (type: string, value: string) => ({ type, value });
  return {
    vCpus: 1,
    memoryMiB: memory,
    requirements: [
      requirement('MEMORY', Tokenization.stringifyNumber(memory)),
      requirement('VCPU', vCpus),
      ...gpu === undefined ? [] : [requirement('GPU', Tokenization.stringifyNumber(gpu))],
    ],
  };
}

/** CloudFormation cannot divide: it has to look up what is known at deployment only. */
function sizesOfMap(scope: Construct, isFargate: boolean, cpu: number): { vCpus: string; memoryMiB: number } {
  const sizes = isFargate ? FARGATE_CPUS : Array.from({ length: MOST_VCPUS_OF_MAP }, (_, index) => (index + 1) * VCPU);
  const map = new CfnMapping(scope, 'Sizes', {
    mapping: Object.fromEntries(sizes.map(size => [size, { vCpus: String(size / VCPU), memoryMiB: String(size * MEMORY_MIB_PER_CPU_UNIT) }])),
  });
  const key = Tokenization.stringifyNumber(cpu);
  return { vCpus: map.findInMap(key, 'vCpus'), memoryMiB: Token.asNumber(map.findInMap(key, 'memoryMiB')) };
}
