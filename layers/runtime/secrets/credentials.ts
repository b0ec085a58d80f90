/** Defines whose credentials sign: the function's own, as Lambda gives them. */
import { get } from 'node:http';
import type { Credentials } from './signature';

type Environment = Readonly<Record<string, string | undefined>>;

const ANSWER_MS = 2_000;

/**
 * Lambda gives them as variables; with SnapStart, where a snapshot must not have them, at an address on this machine.
 */
export async function functionCredentials(environment: Environment): Promise<Credentials> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN } = environment;
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    return { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN || undefined };
  }
  if (AWS_CONTAINER_CREDENTIALS_FULL_URI) return fromAddress(AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN);
  throw new Error('there are no credentials to read them with; Lambda sets AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, elsewhere set them yourself, or set the names of the secrets');
}

async function fromAddress(address: string, token: string | undefined): Promise<Credentials> {
  try {
    const { AccessKeyId, SecretAccessKey, Token } = JSON.parse(await textOf(address, token)) as Record<string, string>;
    if (!AccessKeyId || !SecretAccessKey) throw new Error('the answer has none');
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'the answer is not JSON' : (error as Error).message;
    throw new Error(`AWS_CONTAINER_CREDENTIALS_FULL_URI gives no credentials to read them with: ${why}`);
  }
}

function textOf(address: string, token: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    get(address, { headers: token ? { authorization: token } : {}, signal: AbortSignal.timeout(ANSWER_MS) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('error', reject);
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`the answer is ${response.statusCode}`))));
    }).on('error', reject);
  });
}
