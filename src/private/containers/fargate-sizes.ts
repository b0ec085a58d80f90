/** The pairs of CPU and memory that Fargate has, for services, tasks and jobs. Tokens, known at deployment only, are let through. */
import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { problem } from '../errors';

const GIB = 1024;

/** Memory that goes with a CPU: from, to, in steps, all in MiB. */
interface MemoryRange {
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

/** By CPU units. Source: "Task CPU and memory" in the Amazon ECS Developer Guide, Fargate task definitions. */
const SIZES: { readonly [cpu: number]: MemoryRange } = {
  256: { least: 512, most: 2 * GIB, step: 512 },
  512: { least: GIB, most: 4 * GIB, step: GIB },
  1024: { least: 2 * GIB, most: 8 * GIB, step: GIB },
  2048: { least: 4 * GIB, most: 16 * GIB, step: GIB },
  4096: { least: 8 * GIB, most: 30 * GIB, step: GIB },
  8192: { least: 16 * GIB, most: 60 * GIB, step: 4 * GIB },
  16384: { least: 32 * GIB, most: 120 * GIB, step: 8 * GIB },
};

/** The CPU units that there are. */
export const FARGATE_CPUS = Object.keys(SIZES).map(Number);

/**
 * Refuses a pair that Fargate does not have.
 *
 * @param cpu in CPU units, 1,024 for a vCPU
 */
export function checkFargateSize(scope: IConstruct, cpu: number, memoryMiB: number): void {
  if (Token.isUnresolved(cpu)) { return; }
  const range = SIZES[cpu];
  if (!range) {
    throw problem(scope, 'FARGATE_SIZE', { property: 'cpu', given: cpu, accepted: `one of ${FARGATE_CPUS.join(', ')} on Fargate` });
  }
  if (Token.isUnresolved(memoryMiB) || values(range).includes(memoryMiB)) { return; }
  throw problem(scope, 'FARGATE_SIZE', { property: 'memoryLimitMiB', given: memoryMiB, accepted: `${inWords(range)} for ${cpu} CPU units on Fargate` });
}

/** 1,536 MiB is the one step of 512 that a quarter of a vCPU does not have. */
function values({ least, most, step }: MemoryRange): number[] {
  return Array.from({ length: (most - least) / step + 1 }, (_, index) => least + index * step).filter(memory => memory !== 1536);
}

function inWords(range: MemoryRange): string {
  const all = values(range);
  return all.length > 8 ? `${range.least} to ${range.most} in steps of ${range.step}` : `one of ${all.join(', ')}`;
}
