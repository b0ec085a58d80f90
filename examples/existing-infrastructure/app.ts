import { App, Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HandlerCode, HttpService } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'ExistingInfrastructure', { env: { account: '111122223333', region: 'eu-west-1' } });

// What another team has made. In an app of your own, `fromLookup` finds it by name or tag.
const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  privateSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
});
const cluster = ecs.Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'platform', vpc });
const listener = elbv2.ApplicationListener.fromApplicationListenerAttributes(stack, 'Listener', {
  listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/platform/0123456789abcdef/0123456789abcdef',
  securityGroup: ec2.SecurityGroup.fromSecurityGroupId(stack, 'LoadBalancer', 'sg-0123456789abcdef0'),
});

new HttpService(stack, 'Hello', {
  code: HandlerCode.fromEntry('src/hello.ts'),
  timeout: Duration.seconds(20),
  cluster,
  securityGroups: [new ec2.SecurityGroup(stack, 'HelloTasks', { vpc, description: 'Tasks of hello' })],
  maxConcurrency: 50,
  listener,
  minPriority: 2_000, // a range that the owner of the listener has given to this app
  maxPriority: 2_999,
  hosts: ['hello.example.com'],
  path: '/hello/*',
});

app.synth();
