/** Defines what AWS documents of its events: the names of their fields, and the type that each has as JSON. */

/** A type or several (`string|null`), a list, a map of any names (`*`), or an object; the fields with `?` are those that an event may lack. */
export type Shape = string | readonly [Shape] | { readonly [field: string]: Shape };

/** What differs from the shape: what is missing, what is there besides, and what has another type. */
export function differences(value: unknown, shape: Shape, path = ''): string[] {
  const actual = value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;
  if (typeof shape === 'string') return shape.split('|').includes(actual) ? [] : [`${path} is ${actual}, not ${shape}`];
  if (isList(shape)) return Array.isArray(value) ? value.flatMap((each, index) => differences(each, shape[0], `${path}[${index}]`)) : [`${path} is ${actual}, not list`];
  if (actual !== 'object') return [`${path} is ${actual}, not object`];
  const fields = value as Record<string, unknown>;
  const { '*': any, ...named } = shape;
  const inner = (name: string): string => path ? `${path}.${name}` : name;
  const known = Object.entries(named).flatMap(([key, of]) => {
    const name = key.replace(/\?$/, '');
    if (name in fields) return differences(fields[name], of, inner(name));
    return key.endsWith('?') ? [] : [`${inner(name)} is missing`];
  });
  const others = Object.keys(fields).filter((name) => !(name in named) && !(`${name}?` in named));
  return [...known, ...others.flatMap((name) => any === undefined ? [`${inner(name)} is not documented`] : differences(fields[name], any, inner(name)))];
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

const TEXTS = { '*': 'string' };

const SQS_RECORD = {
  messageId: 'string', receiptHandle: 'string', body: 'string', messageAttributes: {}, md5OfBody: 'string', eventSource: 'string', eventSourceARN: 'string', awsRegion: 'string',
};
const SQS_ATTRIBUTES = { ApproximateReceiveCount: 'string', SentTimestamp: 'string', SenderId: 'string', ApproximateFirstReceiveTimestamp: 'string' };

/** AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", example standard queue message event. */
export const QUEUE: Shape = { Records: [{ ...SQS_RECORD, attributes: SQS_ATTRIBUTES }] };

/** The same page, example FIFO queue message event. */
export const FIFO_QUEUE: Shape = {
  Records: [{ ...SQS_RECORD, attributes: { ...SQS_ATTRIBUTES, SequenceNumber: 'string', MessageGroupId: 'string', MessageDeduplicationId: 'string' } }],
};

/** AWS Lambda Developer Guide, "Invoking Lambda functions with Amazon SNS notifications". */
export const TOPIC: Shape = {
  Records: [{
    EventVersion: 'string',
    EventSubscriptionArn: 'string',
    EventSource: 'string',
    Sns: {
      SignatureVersion: 'string',
      Timestamp: 'string',
      Signature: 'string',
      SigningCertUrl: 'string',
      MessageId: 'string',
      Message: 'string',
      MessageAttributes: { '*': { Type: 'string', Value: 'string' } },
      Type: 'string',
      UnsubscribeUrl: 'string',
      TopicArn: 'string',
      Subject: 'string',
    },
  }],
};

/** AWS Lambda Developer Guide, "Process Amazon S3 event notifications with Lambda"; the version of an object: Amazon S3 User Guide, "Event message structure". */
export const BUCKET: Shape = {
  Records: [{
    eventVersion: 'string',
    eventSource: 'string',
    awsRegion: 'string',
    eventTime: 'string',
    eventName: 'string',
    userIdentity: { principalId: 'string' },
    requestParameters: { sourceIPAddress: 'string' },
    responseElements: { 'x-amz-request-id': 'string', 'x-amz-id-2': 'string' },
    s3: {
      s3SchemaVersion: 'string',
      configurationId: 'string',
      bucket: { name: 'string', ownerIdentity: { principalId: 'string' }, arn: 'string' },
      object: { 'key': 'string', 'size': 'number', 'eTag': 'string', 'versionId?': 'string', 'sequencer': 'string' },
    },
  }],
};

const ITEM = { '*': { '*': 'string' } };

/** AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB", example; the time, and who removed it: StreamRecord and Record in the Amazon DynamoDB API Reference. */
export const TABLE_STREAM: Shape = {
  Records: [{
    'eventID': 'string',
    'eventName': 'string',
    'eventVersion': 'string',
    'eventSource': 'string',
    'awsRegion': 'string',
    'eventSourceARN': 'string',
    'userIdentity?': { type: 'string', principalId: 'string' },
    'dynamodb': {
      'ApproximateCreationDateTime?': 'number', 'Keys': ITEM, 'NewImage?': ITEM, 'OldImage?': ITEM, 'SequenceNumber': 'string', 'SizeBytes': 'number', 'StreamViewType': 'string',
    },
  }],
};

/** AWS Lambda Developer Guide, "Using AWS Lambda with Amazon Kinesis", example. */
export const DATA_STREAM: Shape = {
  Records: [{
    kinesis: { kinesisSchemaVersion: 'string', partitionKey: 'string', sequenceNumber: 'string', data: 'string', approximateArrivalTimestamp: 'number' },
    eventSource: 'string',
    eventVersion: 'string',
    eventID: 'string',
    eventName: 'string',
    invokeIdentityArn: 'string',
    awsRegion: 'string',
    eventSourceARN: 'string',
  }],
};

/** AWS Lambda Developer Guide, "Using Lambda with CloudWatch Logs": the event, and what is in its data. */
export const LOG_GROUP: Shape = { awslogs: { data: 'string' } };
export const LOG_DATA: Shape = {
  messageType: 'string', owner: 'string', logGroup: 'string', logStream: 'string', subscriptionFilters: ['string'], logEvents: [{ id: 'string', timestamp: 'number', message: 'string' }],
};

/** AWS Lambda Developer Guide, "Using AWS Lambda with Amazon EventBridge", example events. */
const EVENT_BRIDGE = {
  'version': 'string', 'id': 'string', 'detail-type': 'string', 'source': 'string', 'account': 'string', 'time': 'string', 'region': 'string', 'resources': ['string'],
} as const;
export const EVENT_PATTERN: Shape = { ...EVENT_BRIDGE, detail: { total: 'number', name: 'string' } };
export const SCHEDULED_RULE: Shape = { ...EVENT_BRIDGE, detail: {} };

/**
 * EventBridge Scheduler API Reference, Target: without an input there is "a default notification". AWS documents no sample of it; those that users have published are like the
 * events of a rule, but for the detail, which is a text.
 */
export const SCHEDULER: Shape = { ...EVENT_BRIDGE, detail: 'string' };

const headers = (names: readonly string[], of: Shape): Shape => Object.fromEntries(names.map((name) => [name, of]));
/** What the client sends, and what load balancers, API Gateway and function URLs add. */
const HEADERS = ['host', 'user-agent', 'accept', 'content-type', 'content-length', 'x-amzn-trace-id', 'x-forwarded-for', 'x-forwarded-port', 'x-forwarded-proto'];
const CASED_HEADERS = HEADERS.map((name) => name.replace(/(^|-)./g, (letter) => letter.toUpperCase()));

/** API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs", payload format 2.0: what a request or an API has not is left out. */
export const HTTP_API: Shape = {
  'version': 'string',
  'routeKey': 'string',
  'rawPath': 'string',
  'rawQueryString': 'string',
  'cookies?': ['string'],
  'headers': headers(HEADERS, 'string'),
  'queryStringParameters?': TEXTS,
  'requestContext': {
    'accountId': 'string',
    'apiId': 'string',
    'authentication?': { clientCert: { '*': 'string' } },
    'authorizer?': { '*': 'object' },
    'domainName': 'string',
    'domainPrefix': 'string',
    'http': { method: 'string', path: 'string', protocol: 'string', sourceIp: 'string', userAgent: 'string' },
    'requestId': 'string',
    'routeKey': 'string',
    'stage': 'string',
    'time': 'string',
    'timeEpoch': 'number',
  },
  'body?': 'string',
  'pathParameters?': TEXTS,
  'isBase64Encoded': 'boolean',
  'stageVariables?': TEXTS,
};

/**
 * AWS Lambda Developer Guide, "Invoking Lambda function URLs", request payload: the format 2.0. Its sample has null for `authentication`, `pathParameters` and `stageVariables`, which
 * URLs do not use; what they send in fact (`lambdaurl/testdata` of aws/aws-lambda-go, recorded) leaves these out.
 */
export const FUNCTION_URL: Shape = HTTP_API;

const IDENTITY = [
  'accessKey', 'accountId', 'caller', 'cognitoAuthenticationProvider', 'cognitoAuthenticationType', 'cognitoIdentityId', 'cognitoIdentityPoolId', 'principalOrgId', 'user', 'userArn',
];

/**
 * API Gateway Developer Guide, "Lambda proxy integrations in API Gateway", input format. Not in its sample but in "Variables for data transformations": the API key and its id.
 * `authorizer` is there where there is one.
 */
export const REST_API: Shape = {
  resource: 'string',
  path: 'string',
  httpMethod: 'string',
  headers: headers(CASED_HEADERS, 'string'),
  multiValueHeaders: headers(CASED_HEADERS, ['string']),
  queryStringParameters: TEXTS,
  multiValueQueryStringParameters: { '*': ['string'] },
  requestContext: {
    'accountId': 'string',
    'apiId': 'string',
    'authorizer?': { claims: 'null', scopes: 'null' },
    'domainName': 'string',
    'domainPrefix': 'string',
    'extendedRequestId': 'string',
    'httpMethod': 'string',
    'identity': { ...Object.fromEntries(IDENTITY.map((name) => [name, 'null'])), 'apiKey?': 'null', 'apiKeyId?': 'null', 'clientCert': 'null', 'sourceIp': 'string', 'userAgent': 'string' },
    'path': 'string',
    'protocol': 'string',
    'requestId': 'string',
    'requestTime': 'string',
    'requestTimeEpoch': 'number',
    'resourceId': 'string',
    'resourcePath': 'string',
    'stage': 'string',
  },
  pathParameters: TEXTS,
  stageVariables: 'null',
  body: 'string',
  isBase64Encoded: 'boolean',
};

const LOAD_BALANCER_COMMON = {
  requestContext: { elb: { targetGroupArn: 'string' } }, httpMethod: 'string', path: 'string', body: 'string', isBase64Encoded: 'boolean',
};

/** User Guide for Application Load Balancers, "Use Lambda functions as targets", example event. */
export const LOAD_BALANCER: Shape = { ...LOAD_BALANCER_COMMON, queryStringParameters: TEXTS, headers: headers(HEADERS, 'string') };

/** The same page, multi-value headers. */
export const LOAD_BALANCER_MULTI_VALUE: Shape = {
  ...LOAD_BALANCER_COMMON, multiValueQueryStringParameters: { '*': ['string'] }, multiValueHeaders: headers(HEADERS, ['string']),
};

/**
 * Amazon Cognito Developer Guide, "Customizing user pool workflows with Lambda triggers" (what all have) and the page of each trigger there. `clientMetadata` is there where the client
 * has sent some. That a field of the answer is null until the handler has filled it in: the examples of the schemas for Cognito in the API reference of Powertools for AWS Lambda (TypeScript),
 * for user migration, messages and challenges; of the other answers AWS documents only what they may become.
 */
const userPool = (request: Shape, response: Shape = {}): Shape => ({
  version: 'string',
  region: 'string',
  userPoolId: 'string',
  userName: 'string',
  callerContext: { awsSdkVersion: 'string', clientId: 'string' },
  triggerSource: 'string',
  request,
  response,
});
const USER = { 'userAttributes': TEXTS, 'clientMetadata?': TEXTS };
const SESSION = [{ 'challengeName': 'string', 'challengeResult': 'boolean', 'challengeMetadata?': 'string' }] as const;
const SENDER = { ...USER, type: 'string', code: 'string' };
/** Drawn as a list on its page, sent as one object: the examples of Powertools, and `events/testdata` of aws/aws-lambda-go. */
const GROUPS = { groupsToOverride: ['string'], iamRolesToOverride: ['string'], preferredRole: 'string|null' } as const;

export const USER_POOL: Readonly<Record<string, Shape>> = {
  PreSignUp: userPool({ ...USER, validationData: 'null' }, { autoConfirmUser: 'boolean', autoVerifyEmail: 'boolean', autoVerifyPhone: 'boolean' }),
  PostConfirmation: userPool(USER),
  PreAuthentication: userPool({ ...USER, 'validationData': TEXTS, 'userNotFound?': 'boolean' }),
  PostAuthentication: userPool({ ...USER, newDeviceUsed: 'boolean' }),
  CustomMessage: userPool({ ...USER, codeParameter: 'string', linkParameter: 'string', usernameParameter: 'string|null' }, { smsMessage: 'null', emailMessage: 'null', emailSubject: 'null' }),
  DefineAuthChallenge: userPool({ ...USER, 'session': SESSION, 'userNotFound?': 'boolean' }, { challengeName: 'null', issueTokens: 'null', failAuthentication: 'null' }),
  CreateAuthChallenge: userPool({ ...USER, 'challengeName': 'string', 'session': SESSION, 'userNotFound?': 'boolean' },
    { publicChallengeParameters: 'null', privateChallengeParameters: 'null', challengeMetadata: 'null' }),
  VerifyAuthChallengeResponse: userPool({ ...USER, 'privateChallengeParameters': TEXTS, 'challengeAnswer': 'string', 'userNotFound?': 'boolean' }, { answerCorrect: 'null' }),
  UserMigration: userPool({ 'password': 'string', 'validationData': TEXTS, 'clientMetadata?': TEXTS },
    { userAttributes: 'null', finalUserStatus: 'null', messageAction: 'null', desiredDeliveryMediums: 'null', forceAliasCreation: 'null', enableSMSMFA: 'null' }),
  CustomEmailSender: userPool(SENDER),
  CustomSMSSender: userPool(SENDER),
  InboundFederation: userPool({ providerName: 'string', providerType: 'string', attributes: { tokenResponse: TEXTS, idToken: TEXTS, userInfo: TEXTS } }, { userAttributesToMap: 'null' }),
};

/** "Pre token generation Lambda trigger": version one; versions two and three, which are the same there. */
export const TOKENS: Shape = userPool({ ...USER, groupConfiguration: GROUPS }, { claimsOverrideDetails: 'null' });
export const TOKENS_AND_SCOPES: Shape = userPool({ ...USER, groupConfiguration: GROUPS, scopes: ['string'] }, { claimsAndScopeOverrideDetails: 'null' });
