import { App, Duration, Fn, Lazy, Size, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Compute, HandlerCode, HandlerImage, HandlerRuntime, HybridFunction, HybridFunctionProps, LambdaImageComputeProps } from '../../src';
import { refusal, SMALL_CODE, SMALL_RUNTIME, synthesized, withSmallRuntime } from '../small-runtime';
import { workspace } from '../workspace';

const CONTAINER = HandlerRuntime.container({ dockerfile: 'Dockerfile', entrypoint: '/bin/abc -d', host: false });

type Props = HybridFunctionProps | ((stack: Stack) => HybridFunctionProps);

const one = (props: Props = {}, compute: LambdaImageComputeProps = {}, context = {}) => synthesized(stack => {
  const own = typeof props === 'function' ? props(stack) : props;
  new HybridFunction(stack, 'Hello', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute.lambdaImage(compute), ...own });
}, context);

describe('an image on Lambda', () => {
  test('is a function of that package type, whose handler is the command', () => {
    one({ handler: 'users.list' }).hasResourceProperties('AWS::Lambda::Function', {
      PackageType: 'Image',
      Code: { ImageUri: Match.objectLike({ 'Fn::Sub': Match.stringLikeRegexp('111122223333.dkr.ecr.eu-west-1.*:[0-9a-f]{64}$') }) },
      ImageConfig: { Command: ['users.list'] },
      Architectures: ['x86_64'],
      Handler: Match.absent(),
      Runtime: Match.absent(),
      Layers: Match.absent(),
      Environment: Match.absent(),
    });
  });

  test('construct ids are those of every compute, so that a swap keeps role and logs', () => {
    expect(Object.keys(one().toJSON().Resources).sort()).toMatchSnapshot();
  });

  test('every setting reaches the function', () => {
    one(stack => ({
      timeout: Duration.minutes(2), description: 'd', environment: { A1: 'b' }, vpc: new ec2.Vpc(stack, 'Vpc'),
    }), { memorySize: 2048, ephemeralStorageSize: Size.gibibytes(1), tracing: lambda.Tracing.ACTIVE, reservedConcurrentExecutions: 3, functionName: 'hello' })
      .hasResourceProperties('AWS::Lambda::Function', {
        Timeout: 120,
        Description: 'd',
        Environment: { Variables: { A1: 'b' } },
        MemorySize: 2048,
        EphemeralStorage: { Size: 1024 },
        TracingConfig: { Mode: 'Active' },
        ReservedConcurrentExecutions: 3,
        FunctionName: 'hello',
        VpcConfig: { SubnetIds: Match.anyValue() },
      });
    expect(refusal(() => one({}, { memorySize: 64 }))).toContain('CDK_HYBRID_SIZE_OUT_OF_RANGE');
  });

  test('a bundle brings its environment along', () => {
    one({ code: HandlerCode.fromEntry(`${__dirname}/../fixtures/code/hello.ts`) })
      .hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { NODE_OPTIONS: '--enable-source-maps' } } });
  });

  test('functions of the same code are one image', () => {
    const template = synthesized(stack => {
      for (const handler of ['index.handler', 'users.list']) {
        new HybridFunction(stack, handler.replace('.', ''), { runtime: SMALL_RUNTIME, code: SMALL_CODE, handler, compute: Compute.lambdaImage() });
      }
    });
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    expect(functions.map(({ Properties }) => Properties.ImageConfig.Command[0])).toEqual(['index.handler', 'users.list']);
    expect(new Set(functions.map(({ Properties }) => JSON.stringify(Properties.Code))).size).toBe(1);
  });

  test('a handler that is known at deployment only is passed on', () => {
    const [reference, lazy] = [one({ handler: Fn.importValue('Handler') }), one({ handler: Lazy.string({ produce: () => 'users.list' }) })];
    reference.hasResourceProperties('AWS::Lambda::Function', { ImageConfig: { Command: [{ 'Fn::ImportValue': 'Handler' }] } });
    lazy.hasResourceProperties('AWS::Lambda::Function', { ImageConfig: { Command: ['users.list'] } });
  });

  test('tools find the image by its metadata when the CDK CLI asks for it', () => {
    const [{ Metadata }] = Object.values(one({}, {}, { 'aws:cdk:enable-asset-metadata': true }).findResources('AWS::Lambda::Function'));
    expect(Metadata).toMatchObject({
      'aws:asset:path': expect.stringMatching(/^asset\.[0-9a-f]{64}$/), 'aws:asset:dockerfile-path': 'Dockerfile', 'aws:asset:property': 'Code.ImageUri',
    });
  });

  test('without code there is no image of ours', () => {
    expect(refusal(() => one({ code: undefined }))).toContain('CDK_HYBRID_CODE_MISSING');
  });

  test('managed runtimes and layers run as zips alone, which the message says', () => {
    expect(refusal(() => one({ runtime: HandlerRuntime.AWS_NODEJS_24 })))
      .toMatch(/got 'nodejs24\.x'; use one of these runtimes, or a compute that runs zips: Compute\.lambdaFunction\(\) \[CDK_HYBRID_RUNTIME_NOT_FOR_IMAGES\]$/);
  });
});

describe('a container of one\'s own on Lambda', () => {
  test('needs neither code nor handler, and finds what it was promised save what Lambda reserves', () => {
    one({ runtime: CONTAINER, code: undefined, stage: 'prod', environment: { MINE: '1' } }).hasResourceProperties('AWS::Lambda::Function', {
      ImageConfig: Match.absent(),
      Environment: { Variables: { ENTRYPOINT: '/bin/abc -d', ENTRYPOINT_FUNC: '', STAGE: 'prod', AWS_ACCOUNT_ID: '111122223333', AWS_REGION: Match.absent(), MINE: '1' } },
    });
  });

  test('is told the handler that it is given, in the words of any language', () => {
    one({ runtime: CONTAINER, handler: 'app.module:main' }).hasResourceProperties('AWS::Lambda::Function', {
      ImageConfig: { Command: ['app.module:main'] }, Environment: { Variables: { ENTRYPOINT_FUNC: 'module:main' } },
    });
  });

  test('the user\'s own values win', () => {
    one({ runtime: CONTAINER, environment: { STAGE: 'mine' } }).hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { STAGE: 'mine' } } });
  });

  test('a handler that is known at deployment only stays whole', () => {
    one({ runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile' }), handler: Fn.importValue('Handler'), environment: {} })
      .hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { ENTRYPOINT: { 'Fn::ImportValue': 'Handler' }, ENTRYPOINT_FUNC: '' } } });
  });
});

describe('shared image: one that functions share (image)', () => {
  const shared = (props: HybridFunctionProps, image: object = {}) => synthesized(stack => {
    const given = new HandlerImage(stack, 'Image', { code: SMALL_CODE, runtime: SMALL_RUNTIME, handler: 'users.list', ...image });
    new HybridFunction(stack, 'One', { ...props, compute: Compute.lambdaImage({ image: given }) });
  });

  test('brings code, runtime, handler and architecture', () => {
    shared({}).hasResourceProperties('AWS::Lambda::Function', { ImageConfig: { Command: ['users.list'] } });
    shared({ handler: 'index.handler', code: SMALL_CODE }).hasResourceProperties('AWS::Lambda::Function', { ImageConfig: { Command: ['index.handler'] } });
    shared({}, { runtime: CONTAINER, code: undefined, handler: undefined, architecture: lambda.Architecture.ARM_64 })
      .hasResourceProperties('AWS::Lambda::Function', { Architectures: ['arm64'], Environment: { Variables: { ENTRYPOINT: '/bin/abc -d' } } });
  });

  test('a container keeps its stage, unless the function has one', () => {
    const container = { runtime: CONTAINER, code: undefined, handler: undefined, stage: 'prod' };
    shared({}, container).hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { STAGE: 'prod' } } });
    shared({ stage: 'test' }, container).hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { STAGE: 'test' } } });
  });

  test('a function that says otherwise is refused', () => {
    expect(refusal(() => shared({ runtime: HandlerRuntime.NODEJS_22 }))).toBe('Stack/One: \'runtime\' must be that of the image, nodejs-24.0.99, or not given, got \'nodejs-22.23.3\'; '
      + 'leave it out, or give the compute another image [CDK_HYBRID_IMAGE_CONFLICT]');
    expect(refusal(() => shared({ architecture: lambda.Architecture.ARM_64 }))).toMatch(/'architecture'.*IMAGE_CONFLICT\]$/);
    expect(refusal(() => shared({ code: HandlerCode.fromDirectory('other') }))).toMatch(/'code'.*IMAGE_CONFLICT\]$/);
  });

  test('in another stack it is published before the function is made', () => {
    withSmallRuntime(() => {
      const app = new App({ outdir: workspace() });
      const [images, functions] = ['Images', 'Functions'].map(id => new Stack(app, id));
      const image = new HandlerImage(images, 'Image', { code: SMALL_CODE, runtime: SMALL_RUNTIME });
      new HybridFunction(functions, 'One', { compute: Compute.lambdaImage({ image }) });
      expect(app.synth().getStackByName('Functions').dependencies.map(({ id }) => id)).toContain('Images');
      expect(image.imageUri).toBe(image.asset.imageUri);
    });
  });
});

test('a runtime for images is refused as a zip, naming the computes that take it', () => {
  const computes = 'Compute.lambdaImage(), Compute.service(), Compute.process(), Compute.task(), Compute.batchJob()';
  const zip = (runtime: HandlerRuntime) => refusal(() => synthesized(stack => { new HybridFunction(stack, 'Hello', { runtime, code: SMALL_CODE, compute: Compute.lambdaFunction() }); }));
  expect(zip(SMALL_RUNTIME.extend({ instructions: ['RUN true'] }))).toBe('Stack/Hello: \'runtime\' must be a runtime that is a layer, or managed by AWS, for Compute.lambdaFunction(), '
    + `got 'nodejs-24.0.99-extended'; use a compute that runs images: ${computes} [CDK_HYBRID_RUNTIME_FOR_IMAGES]`);
  expect(zip(HandlerRuntime.AWS_NODEJS_24.extend({}))).toContain('CDK_HYBRID_RUNTIME_NOT_EXTENDABLE');
  expect(zip(CONTAINER)).toContain(`got 'container'; use a compute that runs images: ${computes} [CDK_HYBRID_RUNTIME_FOR_IMAGES]`);
});
