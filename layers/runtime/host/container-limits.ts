/** Defines what the container may use of its machine: CPUs and memory. */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

const MIB = 1024 * 1024;
const CONTROL_GROUP = '/sys/fs/cgroup';

/** Whole CPUs: those of the machine, or the fewer that the container is limited to. Node.js up to 22 counts the machine's. */
export function cpuCount(controlGroup = CONTROL_GROUP): number {
  const quota = cpuQuota(controlGroup);
  return quota > 0 ? Math.max(1, Math.min(availableParallelism(), Math.ceil(quota))) : availableParallelism();
}

/** The memory limit of the container, or else the memory of the machine. */
export function memoryMiB(): number {
  const limit = process.constrainedMemory();
  return Math.floor((limit > 0 && limit < totalmem() ? limit : totalmem()) / MIB);
}

/** How many CPUs' time Linux gives the container; not a number when it has no limit. */
function cpuQuota(controlGroup: string): number {
  const [quota, period] = read(join(controlGroup, 'cpu.max')).split(' ');
  if (period) return Number(quota) / Number(period);
  return Number(read(join(controlGroup, 'cpu/cpu.cfs_quota_us'))) / Number(read(join(controlGroup, 'cpu/cpu.cfs_period_us')));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
