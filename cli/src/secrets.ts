/** Defines the secrets of a function on this machine: what the user gives, else what the user's own credentials may read. */
import type { Stack } from './assembly';
import { callerAccount, userCredentials } from './aws-account';
import { tell } from './errors';
import { describe, regionOf, textOf } from './template-values';
import { resolveSecrets } from '../../layers/runtime/secrets/resolve-secrets';

/** Where the value of a variable is, as the template says it. */
export interface SecretVariable {
  readonly name: string;
  readonly valueFrom: unknown;
}

/** What is missing, and why. */
interface Missing {
  readonly name: string;
  readonly why: string;
}

/** Stands in the JSON for what only a deployment knows. */
const MARK = '\ue000';

/** The secrets of a container of ECS or Batch. */
export function containerSecrets({ Secrets: secrets = [] }: Record<string, any>): SecretVariable[] {
  return (secrets as { Name: string; ValueFrom: unknown }[]).map(({ Name: name, ValueFrom: valueFrom }) => ({ name, valueFrom }));
}

/** Those of a Lambda function: HYBRID_SECRETS is JSON, which the template composes where a reference is not known at synth. */
export function lambdaSecrets(json: unknown): SecretVariable[] {
  const parts = joinedParts(json);
  const text = parts.map((part, index) => typeof part === 'string' ? part : `${MARK}${index}${MARK}`).join('');
  const restored = (value: string): unknown =>
    ({ 'Fn::Join': ['', value.split(MARK).map((piece, index) => index % 2 === 1 ? parts[Number(piece)] : piece).filter((piece) => piece !== '')] });
  try {
    return Object.entries(JSON.parse(text) as Record<string, string>).map(([name, value]) => ({ name, valueFrom: restored(value) }));
  } catch {
    return [{ name: 'HYBRID_SECRETS', valueFrom: json }];
  }
}

function joinedParts(value: unknown): unknown[] {
  const join = (value as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join'];
  return join?.[0] === '' && Array.isArray(join[1]) ? join[1].flatMap(joinedParts) : [value];
}

/**
 * The values that the user has not given. A line tells which cannot be had, and how to give them: without them the handler runs all the same.
 * @param who what the line names
 */
export async function secretValues(
  who: string, stack: Stack, secrets: readonly SecretVariable[], given: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const wanted = secrets.filter(({ name }) => !(name in given));
  if (wanted.length === 0) return {};
  const values: Record<string, string> = {};
  const missing: Missing[] = [];
  const readable = wanted.filter(({ valueFrom }) => textOf(valueFrom, stack) !== undefined);
  const environment = readable.length > 0 ? await userCredentials() : undefined;
  const account = memo(() => callerAccount(environment!, environment!.AWS_REGION ?? 'us-east-1'));
  await Promise.all(wanted.map(async ({ name, valueFrom }) => {
    try {
      if (textOf(valueFrom, stack) === undefined) throw new Error(`only a deployment knows ${describe(only(valueFrom))}`);
      if (!environment) throw new Error('there are no AWS credentials here to read with');
      const reference = await referenceOf(valueFrom, stack, environment.AWS_REGION, account);
      Object.assign(values, await resolveSecrets(JSON.stringify({ [name]: reference }), environment));
    } catch (error) {
      missing.push({ name, why: (error as Error).message });
    }
  }));
  tellMissing(who, missing);
  return values;
}

/** As the runtime takes it. What the app leaves open, account and region, are the user's own. */
async function referenceOf(valueFrom: unknown, stack: Stack, userRegion: string | undefined, userAccount: () => Promise<string>): Promise<string> {
  // ECS takes the mere name of a parameter as well.
  const isName = !textOf(valueFrom, stack)!.startsWith('arn:');
  const arn = isName ? { 'Fn::Join': ['', [{ 'Fn::Sub': 'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/' }, valueFrom]] } : valueFrom;
  const uses = (name: string): boolean => JSON.stringify(arn).includes(name);
  const region = regionOf(stack) ?? userRegion;
  if (region === undefined && uses('AWS::Region')) throw new Error('neither the app nor AWS_REGION says in which region to read');
  const account = stack.account ?? (uses('AWS::AccountId') ? await userAccount() : undefined);
  return textOf(arn, { ...stack, account, region })!.replace(':parameter//', ':parameter/');
}

function only(value: unknown): unknown {
  const parts = joinedParts(value);
  return parts.length === 1 ? parts[0] : value;
}

function memo<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function tellMissing(who: string, missing: readonly Missing[]): void {
  const reasons = new Set(missing.map(({ why }) => why));
  for (const reason of reasons) {
    const names = missing.filter(({ why }) => why === reason).map(({ name }) => name);
    tell(`${who}: the secret${names.length === 1 ? '' : 's'} ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} left out: ${reason}; `
      + `write ${names[0]}=... into a file, and name it with --from-env-file`);
  }
}
