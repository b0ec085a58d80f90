import { Duration, SecretValue, Token } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AuthenticateCognitoAction } from 'aws-cdk-lib/aws-elasticloadbalancingv2-actions';
import type { IConstruct } from 'constructs';
import { checkSeconds } from '../private/check-range';
import { problem } from '../private/errors';

/** How a load balancer treats those who are not logged in, and how long a login lasts. */
export interface HttpLoginOptions {
  /**
   * What becomes of requests without a login: they are sent to log in, let through, or answered with 401.
   *
   * @default UnauthenticatedAction.AUTHENTICATE
   */
  readonly onUnauthenticatedRequest?: elbv2.UnauthenticatedAction;

  /**
   * What is asked of the identity provider, with spaces between: `openid email`.
   *
   * @default 'openid'
   */
  readonly scope?: string;

  /**
   * How long a login lasts, 1 second to 7 days.
   *
   * @default Duration.days(7)
   */
  readonly sessionTimeout?: Duration;

  /**
   * The cookie of the login. Logins of one load balancer that differ need names that differ.
   *
   * @default 'AWSELBAuthSessionCookie'
   */
  readonly sessionCookieName?: string;

  /**
   * Further query parameters for the identity provider, at most 10.
   *
   * @default - none
   */
  readonly authenticationRequestExtraParams?: { [name: string]: string };
}

/** A login with Amazon Cognito. */
export interface CognitoLoginProps extends HttpLoginOptions {
  /** The user pool. */
  readonly userPool: cognito.IUserPool;

  /**
   * The client of the user pool. It needs a secret (`generateSecret`), the authorization code grant, and the callback URL
   * `https://<host>/oauth2/idpresponse` for each host of the load balancer.
   */
  readonly userPoolClient: cognito.IUserPoolClient;

  /** The domain of the user pool, where its login page is. */
  readonly userPoolDomain: cognito.IUserPoolDomain;
}

/** A login with any OpenID Connect provider. Its callback URL is `https://<host>/oauth2/idpresponse`. */
export interface OidcLoginProps extends HttpLoginOptions {
  /** The issuer: a full URL, with `https://`. */
  readonly issuer: string;
  /** Where users log in: a full URL, with `https://`. */
  readonly authorizationEndpoint: string;
  /** Where the load balancer gets tokens: a full URL, with `https://`. */
  readonly tokenEndpoint: string;
  /** Where the load balancer asks who the user is: a full URL, with `https://`. */
  readonly userInfoEndpoint: string;
  /** The id of the client. */
  readonly clientId: string;
  /** The secret of the client. It is in no template when it comes from AWS Secrets Manager. */
  readonly clientSecret: SecretValue;
}

/**
 * Who may use a route: those who have logged in. The load balancer sees to it before the handler runs, and tells the handler
 * who they are in the headers `x-amzn-oidc-identity`, `x-amzn-oidc-data` and `x-amzn-oidc-accesstoken`.
 */
export class HttpLogin {
  /**
   * A login with Amazon Cognito.
   *
   * @param props the user pool
   */
  public static cognito(props: CognitoLoginProps): HttpLogin {
    const { userPool, userPoolClient, userPoolDomain, ...options } = props;
    return new HttpLogin(
      (next, scope) => {
        checkSession(scope, options);
        const client = userPoolClient.node.defaultChild;
        if (client instanceof cognito.CfnUserPoolClient && client.generateSecret !== true && !Token.isUnresolved(client.generateSecret)) {
          throw problem(scope, 'LOGIN_INVALID', { property: 'login.userPoolClient', given: userPoolClient.node.path, accepted: 'a client with a secret', mend: 'set generateSecret of the client' });
        }
        return new AuthenticateCognitoAction({ ...options, userPool, userPoolClient, userPoolDomain, next });
      },
    );
  }

  /**
   * A login with any OpenID Connect provider.
   *
   * @param props the provider
   */
  public static oidc(props: OidcLoginProps): HttpLogin {
    return new HttpLogin((next, scope) => {
      checkSession(scope, props);
      for (const property of ['issuer', 'authorizationEndpoint', 'tokenEndpoint', 'userInfoEndpoint'] as const) {
        const url = props[property];
        if (!Token.isUnresolved(url) && !/^https:\/\/[^/]+/.test(url)) {
          throw problem(scope, 'LOGIN_INVALID', { property: `login.${property}`, given: url, accepted: 'a full URL', mend: 'begin it with https://' });
        }
      }
      return elbv2.ListenerAction.authenticateOidc({ ...props, next });
    });
  }

  private constructor(
    /** @internal */ public readonly _action: (next: elbv2.ListenerAction, scope: IConstruct) => elbv2.ListenerAction,
  ) {}
}

function checkSession(scope: IConstruct, { sessionTimeout }: HttpLoginOptions): void {
  checkSeconds(scope, 'login.sessionTimeout', sessionTimeout, { least: 1, most: 604_800 });
}
