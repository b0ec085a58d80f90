import { awscdk, javascript } from 'projen';

/**
 * The floor of aws-cdk-lib: 2.245.0 is the first release whose image assets take named build contexts, by which the
 * images of an app share one copy of the runtime. Against anything older this library does not compile.
 */
const CDK_FLOOR = '2.245.0';

/** aws-cdk-lib asks for constructs 10.5.0 since 2.276; an app on today's CDK has it anyway. */
const CONSTRUCTS_FLOOR = '10.5.0';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-hybrid',
  description: 'One handler, any AWS compute: Lambda on your own Node.js layer, Lambda images, Fargate services, tasks and jobs',
  keywords: ['aws', 'aws-cdk', 'lambda', 'custom-runtime', 'layer', 'fargate', 'nodejs', 'hybrid'],
  author: 'cdk-hybrid authors',
  authorAddress: 'cdk-hybrid@users.noreply.github.com',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-hybrid/cdk-hybrid.git',
  license: 'Apache-2.0',
  copyrightOwner: 'cdk-hybrid authors',
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.16.0',
  projenrcTs: true,
  projenrcTsOptions: { projenCodeDir: 'build-tools' },
  sampleCode: false,
  stability: 'experimental',

  cdkVersion: CDK_FLOOR,
  constructsVersion: CONSTRUCTS_FLOOR,
  jsiiVersion: '~6.0.16',
  typescriptVersion: '~6.0.0',
  publishToPypi: { distName: 'cdk-hybrid', module: 'cdk_hybrid' },
  publishToMaven: {
    javaPackage: 'io.github.cdkhybrid',
    mavenGroupId: 'io.github.cdkhybrid',
    mavenArtifactId: 'cdk-hybrid',
  },
  publishToNuget: { dotNetNamespace: 'CdkHybrid', packageId: 'CdkHybrid' },
  publishToGo: { moduleName: 'github.com/cdk-hybrid/cdk-hybrid-go', packageName: 'cdkhybrid' },

  bin: { 'cdk-hybrid': 'cli/bin/cdk-hybrid' },
  devDeps: [
    '@aws-cdk/assert@^2.68.0',
    '@aws-sdk/client-batch',
    '@aws-sdk/client-ecs',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-s3',
    '@aws-sdk/client-sqs',
    // what our signatures are compared with
    '@smithy/signature-v4',
    '@types/aws-lambda',
    '@types/yauzl',
    'aws-cdk@^2.1033.0',
    // rules that every example keeps; newer ones ask for newer releases than our floors
    'cdk-nag@~2.37.55',
    'esbuild',
    'yauzl',
    // what the HTTP benchmark compares with
    'fastify',
    // handler libraries that the tests run unchanged on our runtime
    '@aws-lambda-powertools/logger',
    '@codegenie/serverless-express',
    '@middy/core',
    'express',
    'hono',
    'zod',
  ],
  jestOptions: {
    jestVersion: '^30',
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    configFilePath: 'jest.config.json',
    junitReporting: false,
    passWithNoTests: false,
    jestConfig: {
      collectCoverage: false,
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testTimeout: 60_000,
      moduleNameMapper: { '^cdk-hybrid$': '<rootDir>/src' },
      modulePathIgnorePatterns: ['<rootDir>/lib/', '<rootDir>/dist/'],
    },
  },
  // Handlers in test/fixtures are users' code: esbuild takes them as they are, and its own type rules.
  tsconfigDev: { exclude: ['fixtures'], compilerOptions: { isolatedModules: true } },
  eslintOptions: { dirs: ['src'], devdirs: ['test', 'build-tools', 'layers', 'cli', 'examples', 'bench'], fileExtensions: ['.ts'], ignorePatterns: ['test/fixtures/**', '**/dist/**', '**/cdk.out/**', 'node_modules/'], prettier: false },

  github: false,
  release: false,
  depsUpgrade: false,
  gitignore: ['/examples/node_modules/', '/cli/dist/', '/layers/*/dist/', 'cdk.out/', '.ci-work/', '/dist/'],
});

// 1.13.0 names binding packages that were never published: npm writes a lock file that `npm ci` then refuses.
project.package.addPackageResolutions('unrs-resolver@1.12.2');

// What ships as a program (`layers/`, `cli/`) is type-checked and bundled on its own, outside jsii.
const programs = project.addTask('programs', {
  description: 'Bundle the run-time program and the CLI',
  exec: 'node build-tools/programs.mjs',
});
const typecheck = project.addTask('typecheck', {
  description: 'Type-check everything that jsii does not compile',
  steps: [{ exec: 'tsc --noEmit -p layers' }, { exec: 'tsc --noEmit -p cli' }, { exec: 'tsc --noEmit -p test --isolatedModules false' }, { exec: 'tsc --noEmit -p examples' }],
});
project.compileTask.prependSpawn(programs);
project.compileTask.exec('node build-tools/lazy-directories.mjs');
project.testTask.prependSpawn(typecheck);
project.testTask.prependSpawn(programs);

project.addTask('demo', {
  description: 'The main job: build the library, synthesize examples/hello-layer, build the layer, invoke the function',
  exec: 'node build-tools/demo.mjs',
});
project.addTask('tables', {
  description: 'Write the tables of README and docs that the code knows; after a compile',
  exec: 'ts-node --project build-tools/tsconfig.json build-tools/tables.ts',
});
project.addTask('engines', {
  description: 'Maintainers: refresh the pinned checksums in src/model/engine-checksums.ts',
  exec: 'node build-tools/refresh-engines.mjs',
  receiveArgs: true,
});

// jsii-rosetta compiles every example of the documentation; one that does not compile fails the build.
project.packageTask.prependExec('jsii-rosetta extract --strict --compile');
project.addTask('rosetta:strict', {
  description: 'Compile the examples of README and docstrings',
  exec: 'jsii-rosetta extract --compile --strict --output=dist/rosetta.tablet.json',
});

// The direction of imports, as ARCHITECTURE.md draws it.
project.eslint?.addRules({
  'import/no-cycle': ['error'],
  'import/no-restricted-paths': ['error', {
    zones: [
      { target: ['./src/constructs', './src/computes', './src/triggers', './src/private', './src/model'], from: './src/index.ts', message: 'nothing inside src imports the index' },
      { target: ['./src/computes', './src/triggers'], from: './src/constructs', message: 'imports go down: constructs -> computes, triggers -> private -> model' },
      { target: './src/computes', from: './src/triggers', message: 'computes and triggers meet in the targets of the model' },
      { target: './src/triggers', from: './src/computes', message: 'computes and triggers meet in the targets of the model' },
      { target: './src/private', from: ['./src/constructs', './src/computes', './src/triggers'], message: 'imports go down: constructs -> computes, triggers -> private -> model' },
      { target: './src/model', from: ['./src/constructs', './src/computes', './src/triggers', './src/private'], message: 'model imports nothing of ours but model' },
      { target: './src', from: ['./layers', './cli'], message: 'the two worlds never import each other' },
      { target: './layers', from: ['./src', './cli'], message: 'the two worlds never import each other' },
      { target: './cli', from: './src', message: 'the CLI holds no construct code' },
      { target: './layers/runtime/core', from: ['./layers/runtime/sources', './layers/runtime/invokers', './layers/runtime/host'], message: 'imports go down: bootstrap, host -> sources, invokers -> core -> node:' },
    ],
  }],
});
project.eslint?.addOverride({ files: ['cli/**', 'layers/**', 'build-tools/**', 'examples/**', 'bench/**', 'test/**'], rules: { 'no-console': 'off', 'import/no-unresolved': ['error', { ignore: ['^cdk-hybrid$'] }] } });

// The package holds what users need: lib, the bundled programs, Dockerfiles, docs of the layers. Not our sources.
for (const pattern of [
  '/cli/**/*.ts', '/cli/tsconfig.json', '/layers/**/*.ts', '/layers/tsconfig.json',
  '/rosetta/', '/examples/', '/bench/', '/docs/adr/', '/.ci/', '/.ci-work/', '/.npmrc', '/ARCHITECTURE.md', '/tsconfig.json',
  '!/cli/dist/', '!/layers/*/dist/',
]) {
  project.addPackageIgnore(pattern);
}

for (const script of ['bootstrap', 'bootstrap-with-secrets', 'entrypoint', 'exec-wrapper', 'health']) {
  project.gitattributes.addAttributes(`/layers/nodejs/${script}`, 'text', 'eol=lf');
}
project.gitattributes.addAttributes('*.sh', 'text', 'eol=lf');
project.gitattributes.addAttributes('*.js', 'text', 'eol=lf');
project.gitattributes.addAttributes('*.cjs', 'text', 'eol=lf');
project.gitattributes.addAttributes('**/Dockerfile', 'text', 'eol=lf');
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');
project.npmrc.addConfig('fund', 'false');
project.npmrc.addConfig('audit', 'false');

project.synth();
