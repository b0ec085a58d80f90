/** How APIs of API Gateway reach a service: at a port of its own, which their VPC link alone can reach. */
import { Construct } from 'constructs';
import { HEALTH_PATH, serviceTargetGroup, ServiceTargetParts } from './ecs-http-target';
import type { HttpGatewayEnd, HttpGatewayOptions, IHttpGatewayTarget } from '../model/gateway-target';
import { agree } from '../private/agreement';
import { gatewayListener, gatewayLinkOf } from '../private/api/gateway-link';
import { addSource } from '../private/environment/host-sources';

/** Where the host listens for private integrations, unless the compute has that port. */
const GATEWAY_PORT = 8081;
const OTHER_PORT = 8080;

/** A service behind private integrations. */
export class ServiceGatewayTarget implements IHttpGatewayTarget {
  private end?: HttpGatewayEnd;

  /** @param parts the service, and what is known of it */
  constructor(private readonly parts: ServiceTargetParts) {}

  /** Whether there is an API. */
  public get isAttached(): boolean {
    return this.end !== undefined;
  }

  public attachGateway(trigger: Construct, { healthCheckPath = '/' }: HttpGatewayOptions): HttpGatewayEnd {
    const { service, task } = this.parts;
    if (!task.hasHost) { agree(trigger, 'HTTP_CONFLICT', service, 'healthCheckPath', healthCheckPath); }
    this.end ??= this.makeEnd(healthCheckPath);
    return this.end;
  }

  private makeEnd(healthCheckPath: string): HttpGatewayEnd {
    const { parts, parts: { task } } = this;
    const scope = new Construct(parts.scope, 'Gateway');
    const port = task.hasHost ? this.openPort() : parts.port;
    const path = task.hasHost ? HEALTH_PATH : healthCheckPath;
    const targetGroup = serviceTargetGroup(scope, parts, port, { vpc: task.vpc, healthCheck: { path } });
    const link = gatewayLinkOf(scope, task.vpc);
    return { vpcLink: link.vpcLink, listener: gatewayListener(scope, link, targetGroup) };
  }

  private openPort(): number {
    const { task: { container }, port } = this.parts;
    const gatewayPort = port === GATEWAY_PORT ? OTHER_PORT : GATEWAY_PORT;
    addSource(container, 'gateway');
    if (gatewayPort !== GATEWAY_PORT) { container.addEnvironment('HYBRID_GATEWAY_PORT', String(gatewayPort)); }
    container.addPortMappings({ containerPort: gatewayPort });
    return gatewayPort;
  }
}
