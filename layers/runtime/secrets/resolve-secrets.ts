/** Defines how the secrets of a function are read: all at once, one request for what is in one place, before the handler is loaded. */
import { AwsClient, AwsRefusal, SECRETS_MANAGER, SYSTEMS_MANAGER } from './aws-client';
import { functionCredentials } from './credentials';
import { parseReferences, type SecretReference } from './reference';
import { RuntimeError } from '../core/errors';

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Record<string, string>;

/** Lambda gives the initialization 10 seconds; the handler's module needs some of them. */
const DEADLINE_MS = 8_000;
/** Source: GetParameters in the AWS Systems Manager API Reference. */
const PARAMETERS_AT_ONCE = 10;

/** The values by name. A name that has a value already keeps it: outside Lambda that is how to do without AWS. */
export async function resolveSecrets(json: string, environment: Environment): Promise<Values> {
  try {
    const references = parseReferences(json).filter(({ name }) => !environment[name]);
    if (references.length === 0) return {};
    const client = new AwsClient(environment, await functionCredentials(environment), performance.now() + DEADLINE_MS);
    try {
      const requests = batches(references).map((batch) => (batch[0].service === 'ssm' ? readParameters(client, batch) : readSecret(client, batch)));
      const settled = await Promise.allSettled(requests);
      const failures = settled.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Error).message] : []));
      if (failures.length > 0) throw new Error(failures.join(' | '));
      return Object.assign({}, ...settled.map((each) => (each as PromiseFulfilledResult<Values>).value)) as Values;
    } finally {
      client.close();
    }
  } catch (error) {
    throw new RuntimeError('SecretUnavailable', (error as Error).message.replace(/\s*\n\s*/g, ' '));
  }
}

/** What one request can read: the fields of one version of a secret, or so many parameters of a region. */
export function batches(references: readonly SecretReference[]): SecretReference[][] {
  const places = new Map<string, SecretReference[]>();
  for (const reference of references) {
    const { service, partition, region, id, versionStage, versionId } = reference;
    const place = JSON.stringify(service === 'ssm' ? [service, partition, region] : [service, id, versionStage, versionId]);
    places.set(place, [...places.get(place) ?? [], reference]);
  }
  return [...places.values()].flatMap((all) => (all[0].service === 'ssm' ? inParts(all) : [all]));
}

/** Names of one parameter stay together: a request names each parameter once. */
function inParts(all: readonly SecretReference[]): SecretReference[][] {
  const ids = [...new Set(all.map(({ id }) => id))];
  const parts: SecretReference[][] = [];
  for (let first = 0; first < ids.length; first += PARAMETERS_AT_ONCE) {
    const part = ids.slice(first, first + PARAMETERS_AT_ONCE);
    parts.push(all.filter(({ id }) => part.includes(id)));
  }
  return parts;
}

async function readSecret(client: AwsClient, batch: readonly SecretReference[]): Promise<Values> {
  const [{ id, partition, region, versionStage, versionId }] = batch;
  const input = { SecretId: id, VersionStage: versionStage, VersionId: versionId };
  const { SecretString } = await client.call({ api: SECRETS_MANAGER, operation: 'GetSecretValue', partition, region, input })
    .catch((error: Error) => failed(batch, 'AWS Secrets Manager', error));
  return valuesOf(batch, (reference) => {
    if (typeof SecretString !== 'string') throw new Error(`${titleOf([reference])} is binary, which is given to handlers nowhere; store text`);
    return reference.field === undefined ? SecretString : fieldOf(reference, SecretString);
  });
}

interface Parameter {
  readonly ARN: string;
  readonly Version: number;
  /** What was asked for behind the name: a version or a label, with its colon. */
  readonly Selector?: string;
  readonly Value: string;
}

async function readParameters(client: AwsClient, batch: readonly SecretReference[]): Promise<Values> {
  const [{ partition, region }] = batch;
  const input = { Names: [...new Set(batch.map(({ id }) => id))], WithDecryption: true };
  const answer = await client.call({ api: SYSTEMS_MANAGER, operation: 'GetParameters', partition, region, input })
    .catch((error: Error) => failed(batch, 'AWS Systems Manager', error));
  const found = new Map((answer.Parameters as Parameter[]).flatMap(({ ARN, Version, Selector = '', Value }) => [[`${ARN}:${Version}`, Value], [`${ARN}${Selector}`, Value]]));
  return valuesOf(batch, (reference) => {
    const value = found.get(reference.id);
    if (value === undefined) throw new Error(`${titleOf([reference])} does not exist: AWS Systems Manager has no such parameter; check its name and the region`);
    return value;
  });
}

/** All that is wrong with them is told at once. */
function valuesOf(batch: readonly SecretReference[], valueOf: (reference: SecretReference) => string): Values {
  const values: Values = {};
  const failures: string[] = [];
  for (const reference of batch) {
    try {
      const value = valueOf(reference);
      if (value.includes('\0')) throw new Error(`${titleOf([reference])} has a NUL character, which no variable can have; store it encoded, as base64 for example`);
      values[reference.name] = value;
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  if (failures.length > 0) throw new Error(failures.join(' | '));
  return values;
}

/** A string as it is, anything else as JSON. The parser's words are left out: they quote the secret. */
function fieldOf(reference: SecretReference, text: string): string {
  const field = reference.field!;
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch {
    object = undefined;
  }
  if (typeof object !== 'object' || object === null) throw new Error(`${titleOf([reference])} is not a JSON object, so it has no field '${field}'; store one, or leave the field out`);
  if (!Object.hasOwn(object, field)) throw new Error(`${titleOf([reference])} has no field '${field}'; add it to the secret, or correct the name of the field`);
  const value = (object as Record<string, unknown>)[field];
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function failed(batch: readonly SecretReference[], service: string, error: Error): never {
  const [{ service: name, region }] = batch;
  if (!(error instanceof AwsRefusal)) {
    throw new Error(`${titleOf(batch)} cannot be read: ${error.message}; in a VPC the function needs a NAT gateway, or an interface endpoint for ${name} that it may reach`);
  }
  // A refusal of several parameters names the one that it is about.
  const meant = batch.filter(({ id }) => error.message.includes(id));
  const title = titleOf(meant.length > 0 ? meant : batch);
  throw new Error(`${title} cannot be read: ${service} answered ${error.code}${error.message && `: ${error.message}`}; ${mendOf(error.code, name, region)}`);
}

function mendOf(code: string, service: SecretReference['service'], region: string): string {
  const action = service === 'ssm' ? 'ssm:GetParameters' : 'secretsmanager:GetSecretValue';
  if (/AccessDenied|Unauthorized|NotAuthorized|HTTP 403/.test(code)) return `let the function's role do ${action} on it, and kms:Decrypt where it has a key of its own: grantRead() does both`;
  if (/Decryption|InvalidKeyId|KMS/i.test(code)) return 'let the function\'s role do kms:Decrypt with its key, and check that the key is enabled';
  if (/NotFound/.test(code)) return `check that it exists in ${region}, and has a value of that version`;
  if (/Token|Signature|UnrecognizedClient|Credential/.test(code)) return 'check the credentials of the function';
  return 'try again later, or check the reference';
}

function titleOf(batch: readonly SecretReference[]): string {
  return batch.map(({ name, valueFrom }) => `secret '${name}' (${valueFrom})`).join(', ');
}
