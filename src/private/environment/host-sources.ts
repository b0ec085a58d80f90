/** Where the host of a service takes invocations from: triggers add what they need. */
import { Lazy } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';

/** What the host is told when nothing else was added, and the order of the others. */
const SOURCES = ['http', 'gateway', 'queue'] as const;

const sourcesOf = new WeakMap<ecs.ContainerDefinition, Set<string>>();

/** Has the host of a container take invocations from a further source. */
export function addSource(container: ecs.ContainerDefinition, source: typeof SOURCES[number]): void {
  const known = sourcesOf.get(container);
  if (known) {
    known.add(source);
    return;
  }
  const sources = new Set(['http', source]);
  sourcesOf.set(container, sources);
  container.addEnvironment('HYBRID_SOURCES', Lazy.string({ produce: () => SOURCES.filter(name => sources.has(name)).join(',') }));
}
