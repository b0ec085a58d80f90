/** Which requests a handler gets from an API of API Gateway, of either kind. */
export interface ApiTriggerOptions {
  /**
   * The path of the requests: `/items/{id}`, and with `{proxy+}` at its end everything below.
   *
   * @default - every path
   */
  readonly path?: string;

  /**
   * The methods of the requests, in upper case. `ANY` stands for all that have no route of their own.
   *
   * @default - ANY
   */
  readonly methods?: string[];

  /**
   * Whether the API is found at a domain name of your own alone. Not with an API that is given.
   *
   * @default false
   */
  readonly disableExecuteApiEndpoint?: boolean;

  /**
   * The path that tells whether a container without our host is healthy, on a service. It means nothing elsewhere.
   *
   * @default '/'
   */
  readonly healthCheckPath?: string;

  /**
   * The construct id of the trigger.
   *
   * @default - from methods and path
   */
  readonly id?: string;
}
