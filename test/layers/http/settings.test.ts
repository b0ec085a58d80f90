import { readHttpSettings } from '../../../layers/runtime/sources/http/settings';

test('have the defaults that the documentation names', () => {
  expect(readHttpSettings({})).toEqual({
    eventShape: 'v2',
    trustedHops: 1,
    healthPath: '/_health',
    maxBodyBytes: 6_291_456,
    bodyBudgetBytes: 67_108_864,
    answerBudgetBytes: Infinity,
    cors: undefined,
    keepAliveTimeoutMs: 75_000,
    requestTimeoutMs: 30_000,
    queueLimit: 100,
    accountId: '012345678912',
    region: 'us-east-1',
    apiId: 'function',
  });
});

test('come from the environment', () => {
  expect(readHttpSettings({
    HYBRID_HTTP_EVENT: 'alb-multi-value',
    HYBRID_HTTP_TRUSTED_HOPS: '2',
    HYBRID_HTTP_HEALTH_PATH: '/up',
    HYBRID_HTTP_MAX_BODY: '100000000',
    HYBRID_HTTP_CORS: '{"allowOrigins":["https://example.com"],"allowCredentials":true,"maxAge":60}',
    HYBRID_HTTP_KEEP_ALIVE_TIMEOUT: '125',
    HYBRID_HTTP_REQUEST_TIMEOUT: '5',
    HYBRID_HTTP_QUEUE_LIMIT: '0',
    AWS_ACCOUNT_ID: '123456789012',
    AWS_REGION: 'eu-west-1',
    AWS_LAMBDA_FUNCTION_NAME: 'hello',
  })).toEqual({
    eventShape: 'alb-multi-value',
    trustedHops: 2,
    healthPath: '/up',
    maxBodyBytes: 100_000_000,
    bodyBudgetBytes: 100_000_000,
    answerBudgetBytes: Infinity,
    cors: { allowOrigins: ['https://example.com'], allowMethods: [], allowHeaders: [], exposeHeaders: [], allowCredentials: true, maxAge: 60 },
    keepAliveTimeoutMs: 125_000,
    requestTimeoutMs: 5_000,
    queueLimit: 0,
    accountId: '123456789012',
    region: 'eu-west-1',
    apiId: 'hello',
  });
});

test('that are empty are those that are not there', () => {
  const empty = Object.fromEntries(['HYBRID_HTTP_EVENT', 'HYBRID_HTTP_TRUSTED_HOPS', 'HYBRID_HTTP_HEALTH_PATH', 'HYBRID_HTTP_MAX_BODY', 'HYBRID_HTTP_CORS', 'AWS_ACCOUNT_ID'].map((name) => [name, '']));
  expect(readHttpSettings(empty)).toEqual(readHttpSettings({}));
});

test.each([
  ['HYBRID_HTTP_EVENT', 'V2', "'HYBRID_HTTP_EVENT' must be one of v2, v1, alb, alb-multi-value, got 'V2'"],
  ['HYBRID_HTTP_TRUSTED_HOPS', '-1', "'HYBRID_HTTP_TRUSTED_HOPS' must be a whole number from 0 to 10, got '-1'"],
  ['HYBRID_HTTP_HEALTH_PATH', 'health', "'HYBRID_HTTP_HEALTH_PATH' must be a path that begins with / and has neither spaces, ? nor #, got 'health'"],
  ['HYBRID_HTTP_HEALTH_PATH', '/a?b', "'HYBRID_HTTP_HEALTH_PATH' must be a path that begins with / and has neither spaces, ? nor #, got '/a?b'"],
  ['HYBRID_HTTP_MAX_BODY', '0', "'HYBRID_HTTP_MAX_BODY' must be a whole number from 1 to 268435456, got '0'"],
  ['HYBRID_HTTP_MAX_BODY', '6MB', "'HYBRID_HTTP_MAX_BODY' must be a whole number from 1 to 268435456, got '6MB'"],
  ['HYBRID_HTTP_KEEP_ALIVE_TIMEOUT', '0', "'HYBRID_HTTP_KEEP_ALIVE_TIMEOUT' must be a whole number from 1 to 2147483, got '0'"],
  ['HYBRID_HTTP_REQUEST_TIMEOUT', '1.5', "'HYBRID_HTTP_REQUEST_TIMEOUT' must be a whole number from 1 to 2147483, got '1.5'"],
  ['HYBRID_HTTP_QUEUE_LIMIT', 'many', "'HYBRID_HTTP_QUEUE_LIMIT' must be a whole number from 0 to 1000000, got 'many'"],
  ['HYBRID_HTTP_CORS', '*', "'HYBRID_HTTP_CORS' must be JSON, such as {\"allowOrigins\":[\"https://example.com\"],\"allowMethods\":[\"GET\"]}, got '*'"],
  ['HYBRID_HTTP_CORS', '[]', "'HYBRID_HTTP_CORS: its value' must be an object, got '[]'"],
  ['HYBRID_HTTP_CORS', '{"allowOrigin":"*"}',
    "'HYBRID_HTTP_CORS: a member' must be one of allowOrigins, allowMethods, allowHeaders, exposeHeaders, allowCredentials, maxAge, got 'allowOrigin'"],
  ['HYBRID_HTTP_CORS', '{}', "'HYBRID_HTTP_CORS: allowOrigins' must be a list of at least one origin, got '[]'"],
  ['HYBRID_HTTP_CORS', '{"allowOrigins":"*"}', "'HYBRID_HTTP_CORS: allowOrigins' must be a list of origins such as https://example.com, https://* or *, got '*'"],
  ['HYBRID_HTTP_CORS', '{"allowOrigins":["https://example.com/"]}',
    "'HYBRID_HTTP_CORS: allowOrigins' must be a list of origins such as https://example.com, https://* or *, got '[\"https://example.com/\"]'"],
  ['HYBRID_HTTP_CORS', '{"allowOrigins":["*"],"allowMethods":["GET, PUT"]}', "'HYBRID_HTTP_CORS: allowMethods' must be a list of names or *, got '[\"GET, PUT\"]'"],
  ['HYBRID_HTTP_CORS', '{"allowOrigins":["*"],"allowCredentials":true}',
    "'HYBRID_HTTP_CORS: allowOrigins' must be a list without * when allowCredentials is true, got '[\"*\"]'"],
  ['HYBRID_HTTP_CORS', '{"allowOrigins":["*"],"allowCredentials":"yes"}', "'HYBRID_HTTP_CORS: allowCredentials' must be true or false, got 'yes'"],
  ['HYBRID_HTTP_CORS', '{"allowOrigins":["*"],"maxAge":"60"}', "'HYBRID_HTTP_CORS: maxAge' must be a whole number of seconds from -1 to 86400, got '60'"],
])('are refused when %s is %j', (name, value, message) => {
  expect(() => readHttpSettings({ [name]: value })).toThrow(message);
});

test('the bodies of all requests have a part of the memory, 64 MiB at most, and room for one in any case; the answers that wait have theirs', () => {
  const MIB = 1024 * 1024;
  const budgets = (memoryMiB?: number): number[] => {
    const { bodyBudgetBytes, answerBudgetBytes } = readHttpSettings({}, memoryMiB);
    return [bodyBudgetBytes / MIB, answerBudgetBytes / MIB];
  };
  expect(budgets()).toEqual([64, Infinity]);
  expect(budgets(1024)).toEqual([16, 128]);
  expect(budgets(64)).toEqual([6, 8]);
});
