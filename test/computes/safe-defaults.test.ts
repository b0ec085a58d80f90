/** What a service is when its user says nothing but its code and its certificate. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { handlerOf, givenVpc } from './ecs';
import { Compute, HandlerRuntime, HttpService, HttpServiceProps, HybridFunction, ServiceScaling } from '../../src';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';

const templateOf = (props: HttpServiceProps = {}, more: (api: HttpService, stack: Stack) => void = () => {}) => synthesized(stack => {
  const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111122223333:certificate/1');
  more(new HttpService(stack, 'Api', { code: SMALL_CODE, runtime: SMALL_RUNTIME, certificates: [certificate], ...props }), stack);
});
const only = (template: Template, type: string) => Object.values(template.findResources(type))[0].Properties;
const SERVICE = 'AWS::ECS::Service';
const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';

describe('safe defaults', () => {
  test('private subnets, without public addresses; the load balancer in public ones', () => {
    const template = templateOf();
    const { Subnets, AssignPublicIp } = only(template, SERVICE).NetworkConfiguration.AwsvpcConfiguration;
    expect(AssignPublicIp).toBe('DISABLED');
    expect(Subnets).toEqual([1, 2].map(number => ({ Ref: expect.stringMatching(`PrivateSubnet${number}`) })));
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Subnets).toEqual([1, 2].map(number => ({ Ref: expect.stringMatching(`PublicSubnet${number}`) })));
  });

  test('TLS 1.2 and newer when a certificate is given, and a redirect from 80', () => {
    const template = templateOf();
    template.hasResourceProperties(LISTENER, { Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' });
    template.hasResourceProperties(LISTENER, { Port: 80, DefaultActions: [{ Type: 'redirect', RedirectConfig: Match.objectLike({ Protocol: 'HTTPS' }) }] });
    template.resourceCountIs(LISTENER, 2);
  });

  test('security groups opened only from the load balancer to the port of the task', () => {
    const template = templateOf();
    const ingress = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties);
    expect(ingress).toMatchObject([{
      FromPort: 8080, ToPort: 8080, GroupId: { 'Fn::GetAtt': [expect.stringMatching(/^ApiSecurityGroup/), 'GroupId'] }, SourceSecurityGroupId: { 'Fn::GetAtt': [expect.stringMatching(/LoadBalancer/), 'GroupId'] },
    }]);
    const groups = Object.values(template.findResources('AWS::EC2::SecurityGroup')).map(({ Properties }) => (Properties.SecurityGroupIngress ?? []).map(({ FromPort }: { FromPort: number }) => FromPort));
    expect(groups.sort()).toEqual([[], [443, 80]]);
  });

  test('a role for each function, which may write its own logs and nothing else', () => {
    const template = templateOf();
    const roles = Object.entries(template.findResources('AWS::IAM::Role')).filter(([id]) => id.startsWith('ApiRole'));
    expect(roles.map(([, { Properties }]) => Properties)).toEqual([{
      AssumeRolePolicyDocument: { Statement: ['lambda', 'ecs-tasks'].map(service => ({ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: `${service}.amazonaws.com` } })), Version: '2012-10-17' },
      Policies: [{
        PolicyName: 'WriteLogs',
        PolicyDocument: {
          Statement: [{ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Effect: 'Allow', Resource: { 'Fn::GetAtt': [expect.stringMatching(/^ApiLogGroup/), 'Arn'] } }], Version: '2012-10-17',
        },
      }],
    }]);
    const others = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref.startsWith('ApiRole')));
    expect(others).toEqual([]);
  });

  test('non-root user, read-only root file system unless ECS Exec is on, a writable /tmp', () => {
    expect(handlerOf(templateOf()).handler).toMatchObject({ User: '65534:65534', ReadonlyRootFilesystem: true, MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false }] });
    expect(handlerOf(templateOf({ enableExecuteCommand: true })).handler).toMatchObject({ User: '65534:65534', ReadonlyRootFilesystem: false });
  });

  test('circuit breaker with rollback', () => {
    expect(only(templateOf(), SERVICE).DeploymentConfiguration.DeploymentCircuitBreaker).toEqual({ Enable: true, Rollback: true });
  });

  test('desired count kept on redeploy when scaling is on', () => {
    expect(only(templateOf(), SERVICE).DesiredCount).toBe(1);
    expect(only(templateOf({ maxCapacity: 4, scaling: [ServiceScaling.onCpu(60)] }), SERVICE)).not.toHaveProperty('DesiredCount');
  });

  test('log groups with retention: 30 days', () => {
    expect(only(templateOf(), 'AWS::Logs::LogGroup')).toEqual({ RetentionInDays: 30 });
  });

  test.each([[lambda.Architecture.X86_64, 'X86_64', 'linux/amd64'], [lambda.Architecture.ARM_64, 'ARM64', 'linux/arm64']])('platform set from the architecture: %#', (architecture, cpu, platform) => {
    let assembly = '';
    const template = templateOf({ architecture, runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile' }), code: undefined }, (_api, stack) => { assembly = (stack.node.root as unknown as { outdir: string }).outdir; });
    expect(handlerOf(template).task.RuntimePlatform).toEqual({ CpuArchitecture: cpu, OperatingSystemFamily: 'LINUX' });
    const { dockerImages } = JSON.parse(readFileSync(join(assembly, 'Stack.assets.json'), 'utf8'));
    expect(Object.values(dockerImages)).toMatchObject([{ source: { platform } }]);
  });

  test('CPU and memory pairs, stop timeouts and listener priorities checked at synth', () => {
    expect(refusal(() => templateOf({ cpu: 256, memoryLimitMiB: 4096 }))).toContain('[CDK_HYBRID_FARGATE_SIZE]');
    expect(refusal(() => templateOf({ stopTimeout: Duration.seconds(121) }))).toContain('\'stopTimeout\' must be 2 to 120 seconds');
    expect(refusal(() => templateOf({}, api => { api.addRoute('Again', {}); }))).toContain('[CDK_HYBRID_ROUTE_COLLISION]');
  });

  test('nothing that nobody asked for: no outputs, no VPC when one is given or none is needed', () => {
    const template = templateOf();
    expect(template.findOutputs('*')).toEqual({});
    template.resourceCountIs('AWS::EC2::VPC', 1);
    synthesized(stack => new HybridFunction(stack, 'Api', { code: SMALL_CODE, runtime: SMALL_RUNTIME, vpc: givenVpc(stack), compute: Compute.service() })).resourceCountIs('AWS::EC2::VPC', 0);
    synthesized(stack => new HybridFunction(stack, 'Api', { code: SMALL_CODE, runtime: HandlerRuntime.AWS_NODEJS_24 })).resourceCountIs('AWS::EC2::VPC', 0);
  });
});
