/** Defines whose AWS account this is: the user's credentials, as the AWS CLI finds them, and the account that they belong to. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { functionCredentials } from '../../layers/runtime/secrets/credentials';
import { signedHeaders } from '../../layers/runtime/secrets/signature';

/** What says who and where the user is, and what is asked for it. */
const OF_SHELL = /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|CONTAINER_CREDENTIALS_FULL_URI|CONTAINER_AUTHORIZATION_TOKEN|ENDPOINT_URL.*)$/;
const ANSWER_MS = 5_000;

/** As variables; undefined when the user has none. Profiles, and who has logged in, only the AWS CLI knows. */
export async function userCredentials(): Promise<Record<string, string> | undefined> {
  const shell: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value && OF_SHELL.test(name)) shell[name] = value;
  const { AWS_REGION: region = process.env.AWS_DEFAULT_REGION || await askAws(['configure', 'get', 'region']) } = shell;
  const common = { ...shell, ...region && { AWS_REGION: region } };
  if ((shell.AWS_ACCESS_KEY_ID && shell.AWS_SECRET_ACCESS_KEY) || shell.AWS_CONTAINER_CREDENTIALS_FULL_URI) return common;
  const exported = await askAws(['configure', 'export-credentials', '--format', 'process']);
  if (!exported) return undefined;
  const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(exported) as Record<string, string>;
  const session = SessionToken && { AWS_SESSION_TOKEN: SessionToken };
  return { ...common, AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, ...session };
}

/** The account of these credentials. */
export async function callerAccount(environment: Readonly<Record<string, string>>, region: string): Promise<string> {
  const url = new URL(environment.AWS_ENDPOINT_URL_STS || environment.AWS_ENDPOINT_URL || `https://sts.${region}.amazonaws.com/`);
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const { host: _host, ...headers } = signedHeaders(
    { url, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body, service: 'sts', region }, await functionCredentials(environment), new Date());
  const text = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(ANSWER_MS) }).then((answer) => answer.text(), () => '');
  const [, account] = /<Account>(\d{12})<\/Account>/.exec(text) ?? [];
  if (account === undefined) {
    const [, why = `${url.host} gave no answer`] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
    throw new Error(`the app names no account, and whose the credentials are cannot be told: ${why}`);
  }
  return account;
}

/** What the AWS CLI prints; nothing where it is not, or has nothing to say. */
async function askAws(args: readonly string[]): Promise<string | undefined> {
  try {
    // It would look for the credentials of a virtual machine at the end, and wait for them.
    const { stdout } = await promisify(execFile)('aws', [...args], { env: { AWS_EC2_METADATA_DISABLED: 'true', ...process.env }, windowsHide: true });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
