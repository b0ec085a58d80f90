import { App, Duration, Stack } from 'aws-cdk-lib';
import { Compute, HandlerCode, HandlerRuntime, HybridFunction } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'HelloLayer');

new HybridFunction(stack, 'Hello', {
  description: 'Says which Node.js it runs on',
  code: HandlerCode.fromEntry('src/hello.ts'),
  runtime: HandlerRuntime.NODEJS_24,
  timeout: Duration.seconds(5),
  compute: Compute.lambdaFunction({ memorySize: 256 }),
});

app.synth();
