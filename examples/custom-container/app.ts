import { App, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as servicediscovery from 'aws-cdk-lib/aws-servicediscovery';
import { HandlerRuntime, HybridNetwork, ProcessService } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'CustomContainer');
const { vpc } = new HybridNetwork(stack, 'Network', { endpoints: true });

const cache = new ProcessService(stack, 'Cache', {
  // Nothing of ours is inside: the Dockerfile says what there is, `entrypoint` what starts.
  runtime: HandlerRuntime.container({ path: 'redis', dockerfile: 'Dockerfile', entrypoint: 'redis-server /etc/redis/service.conf' }),
  vpc,
  cpu: 256,
  memoryLimitMiB: 512,
  port: 6379,
  cloudMapOptions: { name: 'cache', cloudMapNamespace: new servicediscovery.PrivateDnsNamespace(stack, 'Names', { name: 'internal', vpc }) },
});
cache.connections.allowFrom(ec2.Peer.ipv4(vpc.vpcCidrBlock), ec2.Port.tcp(6379), 'the VPC');

app.synth();
