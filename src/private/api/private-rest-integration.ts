/** The integration of a REST API with a load balancer in a VPC, by a VPC link of the second kind: the CDK has those of the first alone. */
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { GatewayMapping, restApiParameters } from './gateway-mapping';
import type { HttpGatewayEnd } from '../../model/gateway-target';

type IntegrationOptions = Pick<apigateway.IntegrationOptions, 'timeout' | 'responseTransferMode'>;

/** What is said of method and integration beside where they lead. */
export interface PrivateRestOptions extends IntegrationOptions {
  readonly methodOptions: apigateway.MethodOptions;
}

class PrivateRestIntegration extends apigateway.Integration {
  constructor(private readonly end: HttpGatewayEnd, private readonly mapping: GatewayMapping, private readonly options: IntegrationOptions) {
    super({ type: apigateway.IntegrationType.HTTP_PROXY, integrationHttpMethod: 'ANY' });
  }

  public bind(method: apigateway.Method): apigateway.IntegrationConfig {
    const { listener, vpcLink } = this.end;
    const { httpMethod, resource: { path } } = method;
    const ofPath = namesIn(path).map(name => [`integration.request.path.${name}`, `method.request.path.${name}`]);
    return {
      type: apigateway.IntegrationType.HTTP_PROXY,
      integrationHttpMethod: httpMethod,
      uri: `http://${listener.loadBalancer.loadBalancerDnsName}:${listener.port}${path.replace(/\+\}/g, '}')}`,
      options: {
        ...this.options,
        connectionType: apigateway.ConnectionType.VPC_LINK,
        vpcLink: apigateway.VpcLink.fromVpcLinkId(method, 'VpcLink', vpcLink.vpcLinkId),
        requestParameters: { ...restApiParameters(this.mapping), ...Object.fromEntries(ofPath) },
      },
    };
  }
}

/**
 * Adds a method that leads to a handler in a VPC. Source: "Set up a private integration" in the API Gateway Developer Guide, and `IntegrationTarget` of
 * AWS::ApiGateway::Method.
 */
export function addPrivateMethod(
  resource: apigateway.IResource, httpMethod: string, end: HttpGatewayEnd, mapping: GatewayMapping, options: PrivateRestOptions,
): apigateway.Method {
  const { methodOptions, ...integrationOptions } = options;
  // An integration may use what its method declares.
  const requestParameters = Object.fromEntries(namesIn(resource.path).map(name => [`method.request.path.${name}`, true]));
  const integration = new PrivateRestIntegration(end, mapping, integrationOptions);
  const method = resource.addMethod(httpMethod, integration, { ...methodOptions, requestParameters });
  (method.node.defaultChild as apigateway.CfnMethod).addPropertyOverride('Integration.IntegrationTarget', end.listener.loadBalancer.loadBalancerArn);
  return method;
}

const namesIn = (path: string) => [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name]) => name);
