import { App, Duration, Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Compute, EnvironmentKind, HandlerCode, HandlerSecret, HybridFunction } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'Secrets');
const payment = new secretsmanager.Secret(stack, 'Payment', {
  generateSecretString: { secretStringTemplate: '{"user":"shop"}', generateStringKey: 'key' },
});
const webhook = ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Webhook', { parameterName: '/shop/webhook' });

const checkout = new HybridFunction(stack, 'Checkout', {
  code: HandlerCode.fromEntry('src/checkout.ts'),
  environment: { LIMIT: '500' },
  secrets: {
    PAYMENT_KEY: HandlerSecret.fromSecretsManager(payment, { field: 'key' }),
    WEBHOOK: HandlerSecret.fromSsmParameter(webhook),
  },
  environmentSchema: {
    LIMIT: { kind: EnvironmentKind.INTEGER, description: 'the most that one payment may be' },
    PAYMENT_KEY: { description: 'the key of the payment provider' },
    WEBHOOK: { kind: EnvironmentKind.URL, required: false },
  },
  timeout: Duration.seconds(10),
  compute: Compute.lambdaFunction({ memorySize: 256 }),
});

// The same secrets, resolved by ECS itself.
checkout.addCompute('Nightly', Compute.task({ cpu: 256, memoryLimitMiB: 512 }));

app.synth();
