import { App, Duration, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { HandlerCode, HttpLogin, HttpService, ServiceScaling } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'HttpService');

const userPool = new cognito.UserPool(stack, 'Users', {
  passwordPolicy: { minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
});
const userPoolDomain = userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: 'todos-example' } });
const userPoolClient = userPool.addClient('LoadBalancer', {
  generateSecret: true,
  oAuth: { flows: { authorizationCodeGrant: true }, callbackUrls: ['https://todos.example.com/oauth2/idpresponse'] },
});

const certificate = acm.Certificate.fromCertificateArn(
  stack, 'Certificate', 'arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
);

const todos = new HttpService(stack, 'Todos', {
  code: HandlerCode.fromEntry('src/todos.ts'),
  timeout: Duration.seconds(20),
  cpu: 512,
  memoryLimitMiB: 1024,
  maxConcurrency: 100, // in one process, for the handler waits more than it computes
  minCapacity: 2,
  maxCapacity: 10,
  scaling: [
    ServiceScaling.onCpu(60),
    ServiceScaling.onRequestsPerTarget(500, { scaleInCooldown: Duration.minutes(5) }),
  ],
  path: '/todos/*',
  certificates: [certificate],
  login: HttpLogin.cognito({ userPool, userPoolClient, userPoolDomain, sessionTimeout: Duration.hours(8) }),
});

// A path that needs no login, on the same load balancer.
todos.addRoute('Public', { path: '/public/*', methods: ['GET'], certificates: [certificate] });

app.synth();
