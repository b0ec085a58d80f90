import { App, Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Compute, HandlerCode, HybridFunction } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'SwapCompute');
const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 });
const table = new dynamodb.TableV2(stack, 'Orders', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } });

const computes = {
  Layer: Compute.lambdaFunction({ memorySize: 512 }),
  Image: Compute.lambdaImage({ memorySize: 512 }),
  Service: Compute.service({ cpu: 256, memoryLimitMiB: 512, maxConcurrency: 50 }),
  Task: Compute.task({ cpu: 256, memoryLimitMiB: 512 }),
};

// Only the compute differs: code, environment, permissions and network are written once.
for (const [id, compute] of Object.entries(computes)) {
  const orders = new HybridFunction(stack, id, {
    code: HandlerCode.fromEntry('src/orders.ts'),
    environment: { TABLE: table.tableName },
    timeout: Duration.seconds(20),
    vpc,
    compute,
  });
  table.grantReadWriteData(orders);
}

app.synth();
