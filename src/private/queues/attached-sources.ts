/** Which sources a compute has: AWS, and the host of a service, take each of them once. */
import type { IConstruct } from 'constructs';
import type { ComputeConfig } from '../../model/compute';
import { problem } from '../errors';
import { stableKey } from '../stable-key';

/** What brings events: a queue, a stream, a topic. */
export interface Source {
  readonly resource: IConstruct;
  readonly arn: string;
}

const attached = new WeakMap<ComputeConfig, Map<string, string>>();

/** Refuses a source that another trigger of the compute has, under whatever id, or as another import of the same one. */
export function attachOnce(scope: IConstruct, compute: ComputeConfig, { resource, arn }: Source): void {
  const owners = attached.get(compute) ?? new Map<string, string>();
  attached.set(compute, owners);
  const key = stableKey(scope, resource, arn);
  const owner = owners.get(key);
  if (owner !== undefined) {
    throw problem(scope, 'TRIGGER_TWICE', {
      property: 'addTrigger', given: resource.node.path, accepted: `a source that the compute does not have; this one is that of ${owner}`, mend: 'make one trigger of the two',
    });
  }
  owners.set(key, scope.node.path);
}
