// One CDK app, as the variant in argv[2] says; 20 functions, handlers in argv[3].
const { join } = require('node:path');
const { App, Stack } = require('aws-cdk-lib');
const lambda = require('aws-cdk-lib/aws-lambda');

const [variant, handlers] = process.argv.slice(2);
const app = new App(process.env.BENCH_FLAGS === 'none' ? {} : { postCliContext: require('aws-cdk-lib/recommended-feature-flags.json') });
const stack = new Stack(app, 'Bench');
const functions = Array.from({ length: 20 }, (_, index) => index + 1);
const inline = number => new lambda.Function(stack, `Fn${number}`, {
  runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline(`exports.handler = async () => ${number}`),
});
const entry = number => join(handlers, `handler${number}.ts`);

const variants = {
  plain: () => functions.forEach(inline),
  layer: () => {
    const { CustomRuntimeLayer } = require('../../lib');
    new CustomRuntimeLayer(stack, 'Runtime');
    functions.forEach(inline);
  },
  hybrid: () => {
    const { HandlerCode, HybridFunction } = require('../../lib');
    for (const number of functions) { new HybridFunction(stack, `Fn${number}`, { code: HandlerCode.fromEntry(entry(number)) }); }
  },
  nodejsFunction: () => {
    const { NodejsFunction } = require('aws-cdk-lib/aws-lambda-nodejs');
    for (const number of functions) {
      new NodejsFunction(stack, `Fn${number}`, {
        entry: entry(number), runtime: lambda.Runtime.NODEJS_24_X, bundling: { sourceMap: true }, depsLockFilePath: join(handlers, 'package-lock.json'), projectRoot: handlers,
      });
    }
  },
};
variants[variant]();
app.synth();
