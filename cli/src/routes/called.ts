/** Defines what of the app a value of a template leads to: a function, or a container behind target groups and listeners. */
import type { Assembly } from '../assembly';
import { containersOf } from '../containers/containers';
import { functionsOf } from '../functions';
import { isSame, resourcesIn, resourcesOf, type Named } from '../template-resources';
import { listOf } from '../template-values';

export interface CalledThing {
  readonly name: string;
  /** Of a container. */
  readonly port?: number;
}

export class Called {
  private readonly functions;
  private readonly containers;

  constructor(private readonly assembly: Assembly) {
    this.functions = functionsOf(assembly);
    this.containers = containersOf(assembly);
  }

  /** The function, also by a version or an alias. */
  functionIn(value: unknown, { stack }: Pick<Named, 'stack'>): CalledThing | undefined {
    for (const each of this.resources(value, stack)) {
      const { FunctionName: name, TargetFunctionArn: arn } = each.resource.Properties ?? {};
      const own = this.functions.find((of) => isSame(of, each));
      const found = own ?? (/^AWS::Lambda::(Version|Alias|Url)$/.test(each.resource.Type) ? this.functionIn(name ?? arn, each) : undefined);
      if (found) return { name: found.name };
    }
    return undefined;
  }

  /** The function or the container that a target group sends requests to. */
  ofTargetGroup(group: Named): CalledThing | undefined {
    const called = this.functionIn(group.resource.Properties?.Targets, group);
    if (called) return called;
    for (const service of resourcesOf('AWS::ECS::Service', this.assembly.stacks)) {
      const { LoadBalancers: balancers, TaskDefinition: task } = service.resource.Properties ?? {};
      for (const { TargetGroupArn, ContainerName, ContainerPort } of listOf(balancers)) {
        if (!this.resources(TargetGroupArn, service.stack).some((each) => isSame(each, group))) continue;
        const [definition] = this.resources(task, service.stack);
        const container = definition && this.containers.find((of) => isSame(of, definition) && of.definition.Name === ContainerName);
        if (container) return { name: container.name, port: Number(ContainerPort) };
      }
    }
    return undefined;
  }

  /** What a private integration leads to. */
  ofIntegration(target: unknown, uri: unknown, where: Pick<Named, 'stack'>): CalledThing | undefined {
    const listener = this.listenerOf(target, uri, where);
    const [group] = listener ? this.resources(listener.resource.Properties?.DefaultActions, listener.stack) : [];
    return group && this.ofTargetGroup(group);
  }

  /** Whether private integrations come to a listener. */
  isIntegrated(listener: Named): boolean {
    const { stacks } = this.assembly;
    const ends = [
      ...resourcesOf('AWS::ApiGatewayV2::Integration', stacks).map((each) => this.listenerOf(each.resource.Properties?.IntegrationUri, undefined, each)),
      ...resourcesOf('AWS::ApiGateway::Method', stacks).map((each) => {
        const { IntegrationTarget: target, Uri: uri } = each.resource.Properties?.Integration ?? {};
        return target === undefined ? undefined : this.listenerOf(target, uri, each);
      }),
    ];
    return ends.some((end) => end && isSame(end, listener));
  }

  /** The listener that is named, or of the load balancer that is named the one with the port. */
  private listenerOf(target: unknown, uri: unknown, { stack }: Pick<Named, 'stack'>): Named | undefined {
    const text = JSON.stringify(uri ?? '');
    const named = this.resources([target, uri], stack);
    return named.find(({ resource }) => resource.Type.endsWith('::Listener'))
      ?? resourcesOf('AWS::ElasticLoadBalancingV2::Listener', this.assembly.stacks).find((each) => {
        const { LoadBalancerArn, Port } = each.resource.Properties ?? {};
        return text.includes(`:${Port}/`) && this.resources(LoadBalancerArn, each.stack).some((balancer) => named.some((other) => isSame(balancer, other)));
      });
  }

  resources(value: unknown, stack: Named['stack']): Named[] {
    return resourcesIn(value, stack, this.assembly.stacks);
  }
}
