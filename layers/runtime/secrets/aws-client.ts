/** Defines how AWS is asked: signed JSON requests that are repeated while that may help, all within one deadline. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { signedHeaders, type Credentials } from './signature';

type Environment = Readonly<Record<string, string | undefined>>;

export interface AwsService {
  /** As it is signed, and its host begins. */
  readonly service: string;
  /** Of the header X-Amz-Target. */
  readonly target: string;
  /** The variable that names another server for this service. */
  readonly endpointVariable: string;
}

export const SECRETS_MANAGER: AwsService = { service: 'secretsmanager', target: 'secretsmanager', endpointVariable: 'AWS_ENDPOINT_URL_SECRETS_MANAGER' };
export const SYSTEMS_MANAGER: AwsService = { service: 'ssm', target: 'AmazonSSM', endpointVariable: 'AWS_ENDPOINT_URL_SSM' };

/** What AWS answered when it refused. Its message has no values of secrets. */
export class AwsRefusal extends Error {
  constructor(readonly code: string, message: string, readonly retryable: boolean) {
    super(message);
  }
}

/** No answer: why, in words of the system. */
export class NoAnswer extends Error {}

export interface AwsCall {
  readonly api: AwsService;
  readonly operation: string;
  readonly partition: string;
  readonly region: string;
  readonly input: object;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** The type of an error, where the headers have it. */
  readonly type: string;
}

/** How long one attempt may take. */
const ATTEMPT_MS = 2_500;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 1_600;

/** Source: "Retry behavior", transient and throttling errors, in the AWS SDKs and Tools Reference Guide. */
const THROTTLED = /^(Throttl|TooManyRequests|RequestLimitExceeded|BandwidthLimitExceeded|LimitExceeded|RequestThrottled|SlowDown|PriorRequestNotComplete|TransactionInProgress|ProvisionedThroughputExceeded|EC2ThrottledException|RequestTimeout)/;

/** Where the partition is not here, its hosts end like those of most. */
const DNS_SUFFIXES: Readonly<Record<string, string>> = {
  'aws-cn': 'amazonaws.com.cn', 'aws-eusc': 'amazonaws.eu', 'aws-iso': 'c2s.ic.gov', 'aws-iso-b': 'sc2s.sgov.gov', 'aws-iso-e': 'cloud.adc-e.uk', 'aws-iso-f': 'csp.hci.ic.gov',
};

export class AwsClient {
  private readonly agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

  constructor(private readonly environment: Environment, private readonly credentials: Credentials, private readonly deadline: number) {}

  /** The answer; an AwsRefusal or a NoAnswer otherwise. */
  async call(call: AwsCall): Promise<Record<string, unknown>> {
    for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
      try {
        return await this.attempt(call);
      } catch (error) {
        if (error instanceof AwsRefusal && !error.retryable) throw error;
        const wait = delay * (0.5 + Math.random() / 2);
        if (performance.now() + wait >= this.deadline) throw error;
        await sleep(wait);
      }
    }
  }

  /** Leaves no connection behind. */
  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private async attempt({ api, operation, partition, region, input }: AwsCall): Promise<Record<string, unknown>> {
    const url = this.endpoint(api, partition, region);
    const body = JSON.stringify(input);
    const unsigned = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${api.target}.${operation}` };
    const headers = signedHeaders({ url, headers: unsigned, body, service: api.service, region }, this.credentials, new Date());
    const limit = AbortSignal.timeout(Math.ceil(Math.max(1, Math.min(ATTEMPT_MS, this.deadline - performance.now()))));
    try {
      const { status, text, type } = await this.exchange(url, headers, body, limit);
      if (status === 200) return JSON.parse(text) as Record<string, unknown>;
      throw refusal(status, text, type);
    } catch (error) {
      if (error instanceof AwsRefusal) throw error;
      if (error instanceof SyntaxError) throw new NoAnswer(`${url.host} sent an answer that is not JSON`);
      throw new NoAnswer(limit.aborted ? `${url.host} did not answer in time` : `${url.host} did not answer: ${(error as Error).message}`);
    }
  }

  private exchange(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<Answer> {
    const secure = url.protocol === 'https:';
    const options = { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) }, agent: this.agents[secure ? 'https:' : 'http:'], signal };
    return new Promise((resolve, reject) => {
      const receive = (response: IncomingMessage): void => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode!, text, type: String(response.headers['x-amzn-errortype'] ?? '') }));
      };
      (secure ? httpsRequest : httpRequest)(url, options, receive).on('error', reject).end(body);
    });
  }

  private endpoint({ service, endpointVariable }: AwsService, partition: string, region: string): URL {
    const given = this.environment[endpointVariable] || this.environment.AWS_ENDPOINT_URL;
    if (!given) return new URL(`https://${service}.${region}.${DNS_SUFFIXES[partition] ?? 'amazonaws.com'}/`);
    if (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)) return new URL(given);
    throw new AwsRefusal('InvalidEndpoint', `${this.environment[endpointVariable] ? endpointVariable : 'AWS_ENDPOINT_URL'} must be an http or https URL, got '${given}'`, false);
  }
}

/** The type is in the body as `namespace#Type`, or in a header as `Type:address`. */
function refusal(status: number, text: string, header: string): AwsRefusal {
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A proxy's page: the status tells.
  }
  const code = String(body.__type ?? header).replace(/^.*#/, '').replace(/:.*$/, '') || `HTTP ${status}`;
  const message = String(body.message ?? body.Message ?? '');
  return new AwsRefusal(code, message, status >= 500 || status === 429 || THROTTLED.test(code));
}
