/** Functions behind load balancers, for tests. */
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HandlerCode, HandlerRuntime, HybridFunction, ICompute, LoadBalancerTriggerProps, Trigger } from '../../src';
import { workspace } from '../workspace';

const CODE = HandlerCode.fromDirectory(workspace({ 'index.js': 'exports.handler = async () => ({ statusCode: 200 });' }));
export const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
export const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
export const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
export const TARGETS = 'AWS::ElasticLoadBalancingV2::TargetGroup';

export const newStack = (id = 'Stack', app = new App({ outdir: workspace() })) => new Stack(app, id, { env: { account: '111122223333', region: 'eu-west-1' } });

export const fn = (stack: Stack, id = 'Hello', props: object = {}) => new HybridFunction(stack, id, { code: CODE, runtime: HandlerRuntime.AWS_NODEJS_24, ...props });

/** A compute that takes requests at a port, as a service does. */
export const ports: ICompute = {
  computeName: 'ports',
  servicePrincipals: ['ecs-tasks.amazonaws.com'],
  needsVpc: true,
  bind: (_scope, { vpc }) => ({
    httpTarget: {
      attach: (scope, { healthCheck, deregistrationDelay, slowStart, stickinessCookieDuration }) => new elbv2.ApplicationTargetGroup(scope, 'TargetGroup', {
        vpc, port: 8080, targetType: elbv2.TargetType.IP, healthCheck, deregistrationDelay, slowStart, stickinessCookieDuration,
      }),
    },
  }),
};

export type Props = LoadBalancerTriggerProps;

/** A Lambda function behind a load balancer. */
export function synth(props: Props | ((stack: Stack) => Props) = {}, compute?: ICompute) {
  const stack = newStack();
  const hello = fn(stack, 'Hello', { compute });
  const trigger = hello.addTrigger(Trigger.loadBalancer(typeof props === 'function' ? props(stack) : props));
  return { stack, hello, trigger, template: Template.fromStack(stack) };
}

export const certificate = (stack: Stack, id = 'Certificate') => acm.Certificate.fromCertificateArn(stack, id, `arn:aws:acm:eu-west-1:111122223333:certificate/${id}`);
export const field = (name: string, config: string, values: unknown) => ({ Field: name, [config]: { Values: values } });
export const path = (value: string) => field('path-pattern', 'PathPatternConfig', [value]);
export const rules = (template: Template) => Object.values(template.findResources(RULE)).map(({ Properties }) => Properties)
  .sort((one, other) => one.Priority - other.Priority);
export const imported = (stack: Stack) => elbv2.ApplicationListener.fromApplicationListenerAttributes(stack, 'Existing', {
  listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/mine/1/2',
  securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1'),
});
