/** Who may call through a load balancer, and how: HTTPS, CORS and logins. */
import { Duration, SecretValue, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { certificate, field, fn, imported, LISTENER, newStack, path, ports, RULE, rules, synth } from './load-balancer';
import { HttpCors, HttpLogin, Trigger } from '../../src';
import { refusal } from '../refusal';

describe('HTTPS', () => {
  test('certificates: TLS 1.2 and 1.3 on port 443, and a redirect from 80', () => {
    const { template } = synth(stack => ({ certificates: [certificate(stack)] }));
    template.hasResourceProperties(LISTENER, {
      Port: 443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06', Certificates: [{ CertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/Certificate' }],
    });
    template.hasResourceProperties(LISTENER, { Port: 80, Protocol: 'HTTP', DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }] });
    template.hasResourceProperties(RULE, { ListenerArn: { Ref: Match.stringLikeRegexp('CdkHybridListener443') } });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [Match.objectLike({ FromPort: 443 }), Match.objectLike({ FromPort: 80 })] });
  });

  test('sslPolicy, listenerPort, listenerProtocol: another port has no redirect', () => {
    const { template } = synth(stack => ({ certificates: [certificate(stack)], listenerPort: 8443, sslPolicy: elbv2.SslPolicy.TLS13_13 }));
    template.hasResourceProperties(LISTENER, { Port: 8443, Protocol: 'HTTPS', SslPolicy: 'ELBSecurityPolicy-TLS13-1-3-2021-06' });
    template.resourceCountIs(LISTENER, 1);
    synth({ listenerPort: 8080, listenerProtocol: elbv2.ApplicationProtocol.HTTP }).template.hasResourceProperties(LISTENER, { Port: 8080, Protocol: 'HTTP' });
  });

  test('a certificate of another region is refused', () => {
    const elsewhere = (stack: Stack) => acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111122223333:certificate/1');
    expect(refusal(() => synth(stack => ({ certificates: [elsewhere(stack)] }))))
      .toMatch(/^Stack\/Hello\/LoadBalancer: 'certificates' must be certificates of eu-west-1, the region of the load balancer, got 'arn:aws:acm:us-east-1:[^']*'; .*\[CDK_HYBRID_CERTIFICATE_REGION\]$/);
  });

  test('several certificates are on the listener', () => {
    synth(stack => ({ certificates: [certificate(stack), certificate(stack, 'Second')] })).template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerCertificate', 1);
  });

  test('listenerProtocol and listenerPort that cannot be are refused', () => {
    expect(refusal(() => synth({ listenerProtocol: elbv2.ApplicationProtocol.HTTPS }))).toContain('[CDK_HYBRID_CERTIFICATE_MISSING]');
    expect(refusal(() => synth(stack => ({ certificates: [certificate(stack)], listenerProtocol: elbv2.ApplicationProtocol.HTTP })))).toContain('\'listenerProtocol\'');
    expect(refusal(() => synth({ listenerPort: 70_000 }))).toBe('Stack/Hello/LoadBalancer: \'listenerPort\' must be 1 to 65535, got 70000; choose a value in the range [CDK_HYBRID_SIZE_OUT_OF_RANGE]');
  });

  test('plain HTTP beside certificates is refused, whoever comes first', () => {
    const two = (...certificates: boolean[]) => {
      const stack = newStack();
      const given = [certificate(stack)];
      for (const [index, secure] of certificates.entries()) {
        fn(stack, `Fn${index}`).addTrigger(Trigger.loadBalancer({ path: `/${index}`, certificates: secure ? given : undefined }));
      }
    };
    two(true, true);
    for (const order of [[true, false], [false, true]]) {
      expect(refusal(() => two(...order))).toMatch(/'certificates' must be some in each trigger of Stack\/CdkHybridLoadBalancer\w+ or in none.*LOAD_BALANCER_CONFLICT\]$/);
    }
  });
});

describe('CORS: cors', () => {
  const CORS: HttpCors = { allowOrigins: ['https://example.com'], allowMethods: ['GET', 'PUT'], allowHeaders: ['content-type'], exposeHeaders: ['etag'], allowCredentials: true, maxAge: Duration.minutes(10) };
  const preflight = (...conditions: object[]) => Match.objectLike({
    Conditions: [...conditions, field('http-request-method', 'HttpRequestMethodConfig', ['OPTIONS']), { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'access-control-request-method', Values: ['*'] } }],
  });

  test('allowOrigins, allowMethods, allowHeaders, exposeHeaders, allowCredentials and maxAge: on Lambda the listener adds the headers and answers preflights', () => {
    const { template } = synth({ path: '/api/*', cors: CORS });
    const attribute = (name: string, value: string) => ({ Key: `routing.http.response.access_control_${name}.header_value`, Value: value });
    template.hasResourceProperties(LISTENER, {
      ListenerAttributes: [
        attribute('allow_origin', 'https://example.com'), attribute('allow_methods', 'GET,PUT'), attribute('allow_headers', 'content-type'), attribute('expose_headers', 'etag'),
        attribute('allow_credentials', 'true'), attribute('max_age', '600'),
      ],
    });
    template.hasResourceProperties(RULE, preflight(path('/api/*')));
    expect(rules(template)[0].Actions).toEqual([{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '204' } }]);
    expect(rules(template)).toHaveLength(2);
  });

  test('what a load balancer cannot say for Lambda functions is refused', () => {
    expect(refusal(() => synth({ cors: { allowOrigins: ['https://a.com', 'https://b.com'] } }))).toMatch(/'cors\.allowOrigins' must be one exact origin or \*.* \[CDK_HYBRID_CORS_UNSUPPORTED\]$/);
    expect(refusal(() => synth({ cors: { allowOrigins: ['https://*'] } }))).toContain('CORS_UNSUPPORTED');
    expect(refusal(() => synth(stack => ({ listener: imported(stack), minPriority: 1, maxPriority: 9, cors: CORS })))).toContain('CORS_UNSUPPORTED');
  });

  test('what browsers do not take is refused on each compute', () => {
    expect(refusal(() => synth({ cors: { allowOrigins: ['*'], allowCredentials: true } }, ports))).toContain('exact origins with allowCredentials');
    expect(refusal(() => synth({ cors: { allowOrigins: [] } }, ports))).toContain('at least one origin');
  });

  test('functions of one listener that differ are refused, whoever comes first; each method has its preflight', () => {
    const two = (...all: (HttpCors | undefined)[]) => {
      const stack = newStack();
      for (const [index, cors] of all.entries()) { fn(stack, `Fn${index}`).addTrigger(Trigger.loadBalancer({ path: '/api/*', methods: [index ? 'GET' : 'PUT'], cors })); }
      return rules(Template.fromStack(stack));
    };
    expect(two(CORS, { ...CORS })).toHaveLength(4);
    for (const order of [[CORS, undefined], [undefined, CORS]]) {
      expect(refusal(() => two(...order))).toMatch(/^Stack\/Fn1\/LoadBalancer: 'cors' must be that of Stack\/Fn0\/LoadBalancer, .* \[CDK_HYBRID_CORS_CONFLICT\]$/);
    }
    expect(refusal(() => two(CORS, { allowOrigins: ['*'] }))).toContain('CORS_CONFLICT');
  });

  test('on a service its host answers; preflights go to it past login and methods', () => {
    expect(rules(synth({ cors: CORS }, ports).template)).toHaveLength(1);
    const { template } = synth({ path: '/a', cors: CORS, methods: ['GET'], sourceIps: ['192.0.2.0/24'] }, ports);
    expect(rules(template)).toHaveLength(2);
    expect(rules(template)[0]).toMatchObject({
      Actions: [{ Type: 'forward' }], Conditions: [{ Field: 'path-pattern' }, { HttpRequestMethodConfig: { Values: ['OPTIONS'] } }, { Field: 'http-header' }, { Field: 'source-ip' }],
    });
    template.hasResourceProperties(LISTENER, { ListenerAttributes: Match.absent() });
  });

  test('a preflight comes before its route and before those of all methods, also with a priority of one\'s own', () => {
    const methods = (list: object[]) => list.map(rule => JSON.stringify(rule)).map(text => [/OPTIONS/, /"PUT"/].map(pattern => pattern.test(text)));
    for (const priority of [undefined, 5]) {
      expect(methods(rules(synth({ path: '/api/*', methods: ['PUT'], cors: CORS, priority }, ports).template))).toEqual([[true, true], [false, true]]);
    }
    const stack = newStack();
    fn(stack, 'All').addTrigger(Trigger.loadBalancer({ path: '/api/*', cors: CORS }));
    fn(stack, 'Put').addTrigger(Trigger.loadBalancer({ path: '/api/*', methods: ['PUT'], cors: CORS }));
    expect(methods(rules(Template.fromStack(stack)))).toEqual([[true, true], [true, false], [false, true], [false, false]]);
  });

  test('routes that differ in headers alone share a preflight when it is the same', () => {
    const two = (...all: HttpCors[]) => {
      const stack = newStack();
      for (const [index, cors] of all.entries()) {
        fn(stack, `Fn${index}`, { compute: ports }).addTrigger(Trigger.loadBalancer({ httpHeaders: { 'x-version': [`${index}`] }, cors }));
      }
      return rules(Template.fromStack(stack));
    };
    expect(two(CORS, CORS)).toHaveLength(3);
    expect(refusal(() => two(CORS, { allowOrigins: ['*'] }))).toContain('[CDK_HYBRID_ROUTE_COLLISION]');
  });
});

describe('logins', () => {
  const pool = (stack: Stack, generateSecret = true) => {
    const userPool = new cognito.UserPool(stack, 'Pool');
    return {
      userPool,
      userPoolClient: userPool.addClient('Client', { generateSecret }),
      userPoolDomain: userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: 'hello' } }),
    };
  };
  const OIDC = {
    issuer: 'https://id.example.com',
    authorizationEndpoint: 'https://id.example.com/authorize',
    tokenEndpoint: 'https://id.example.com/token',
    userInfoEndpoint: 'https://id.example.com/user',
    clientId: 'hello',
    clientSecret: SecretValue.secretsManager('oidc'),
  };

  test('Cognito login: userPool, userPoolClient, userPoolDomain, onUnauthenticatedRequest, scope, sessionTimeout, sessionCookieName', () => {
    const { template } = synth(stack => ({
      certificates: [certificate(stack)],
      login: HttpLogin.cognito({ ...pool(stack), sessionTimeout: Duration.hours(8), scope: 'openid email', onUnauthenticatedRequest: elbv2.UnauthenticatedAction.DENY, sessionCookieName: 'Hello' }),
    }));
    template.hasResourceProperties(RULE, {
      Actions: [{
        Order: 1,
        Type: 'authenticate-cognito',
        AuthenticateCognitoConfig: {
          UserPoolArn: Match.anyValue(), UserPoolClientId: Match.anyValue(), UserPoolDomain: Match.anyValue(), SessionTimeout: 28_800, Scope: 'openid email', OnUnauthenticatedRequest: 'deny', SessionCookieName: 'Hello',
        },
      }, { Order: 2, Type: 'forward', TargetGroupArn: Match.anyValue() }],
    });
    // The load balancer itself asks Cognito.
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: Match.stringLikeRegexp('LoadBalancer'), SecurityGroupEgress: Match.arrayWith([Match.objectLike({ FromPort: 443, CidrIp: '0.0.0.0/0' })]) });
  });

  test('OIDC login: issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint, clientId, clientSecret, authenticationRequestExtraParams', () => {
    const { template } = synth(stack => ({ certificates: [certificate(stack)], login: HttpLogin.oidc({ ...OIDC, authenticationRequestExtraParams: { prompt: 'login' } }) }));
    template.hasResourceProperties(RULE, {
      Actions: [Match.objectLike({
        Type: 'authenticate-oidc',
        AuthenticateOidcConfig: {
          Issuer: 'https://id.example.com',
          ClientId: 'hello',
          ClientSecret: '{{resolve:secretsmanager:oidc:SecretString:::}}',
          AuthenticationRequestExtraParams: { prompt: 'login' },
          AuthorizationEndpoint: Match.anyValue(),
          TokenEndpoint: Match.anyValue(),
          UserInfoEndpoint: Match.anyValue(),
        },
      }), Match.objectLike({ Type: 'forward' })],
    });
  });

  test('preflights need none', () => {
    const { template } = synth(stack => ({ certificates: [certificate(stack)], login: HttpLogin.oidc(OIDC), cors: { allowOrigins: ['https://example.com'] } }), ports);
    expect(rules(template).map(({ Actions }) => Actions.map(({ Type }: { Type: string }) => Type))).toEqual([['forward'], ['authenticate-oidc', 'forward']]);
  });

  test('without a certificate it is refused', () => {
    expect(refusal(() => synth({ login: HttpLogin.oidc(OIDC) })))
      .toBe('Stack/Hello/LoadBalancer: \'certificates\' must be at least one certificate with login, for load balancers log in over HTTPS alone, got \'none\'; set certificates [CDK_HYBRID_CERTIFICATE_MISSING]');
    expect(refusal(() => synth(stack => ({ login: HttpLogin.cognito(pool(stack)) })))).toContain('CERTIFICATE_MISSING');
  });

  test('what cannot work is refused', () => {
    const withLogin = (login: (stack: Stack) => HttpLogin) => refusal(() => {
      synth(stack => ({ certificates: [certificate(stack)], login: login(stack) }));
    });
    expect(withLogin(stack => HttpLogin.cognito(pool(stack, false)))).toMatch(/'login\.userPoolClient' must be a client with a secret, got 'Stack\/Pool\/Client'; set generateSecret of the client \[CDK_HYBRID_LOGIN_INVALID\]$/);
    expect(withLogin(() => HttpLogin.oidc({ ...OIDC, tokenEndpoint: 'http://id.example.com' }))).toContain('\'login.tokenEndpoint\' must be a full URL');
    expect(withLogin(() => HttpLogin.oidc({ ...OIDC, sessionTimeout: Duration.days(8) }))).toContain('1 to 604800 seconds, got 691200');
  });
});
