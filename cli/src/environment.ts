/** Defines the environment of a function on this machine: the template's values, the user's options, and what of the user's shell passes. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Stack } from './assembly';
import type { Container } from './containers/containers';
import { CliError, tell } from './errors';
import type { LambdaFunction } from './functions';
import { containerSecrets, lambdaSecrets, secretValues } from './secrets';
import { describe, regionOf, textOf } from './template-values';
import { RESERVED_NAMES } from '../../layers/runtime/host/lambda-environment';

/**
 * What of the user's shell a function sees: credentials and the way to AWS, proxies. Anything else stays out: a function that needs
 * it would fail once deployed.
 */
const PASSES = [
  'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_EC2_METADATA_DISABLED', 'AWS_STS_REGIONAL_ENDPOINTS',
  'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy',
];
const PASSES_PREFIX = 'AWS_ENDPOINT_URL';
/** What is of use only where this machine's files are: profiles, certificates, what programs of this system cannot do without. */
const NEEDS_FILES = [
  'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR',
  'HOME', 'TMPDIR', 'USERPROFILE', 'SystemRoot', 'SYSTEMROOT', 'windir', 'TEMP', 'TMP', 'APPDATA', 'LOCALAPPDATA', 'PATHEXT', 'COMSPEC',
];

/** What is done here by this program (secrets, signals), or has no use here (metrics in the log). */
const NOT_HERE = ['HYBRID_SECRETS', 'HYBRID_GRACEFUL_SHUTDOWN', 'HYBRID_METRICS'];

/** What the template says about variables, and who says it. */
interface Variables {
  readonly name: string;
  readonly stack: Stack;
  readonly variables: readonly (readonly [string, unknown])[];
}

type Given = Readonly<Record<string, string>>;

/** Later wins: shell, template, secrets, --env-file, --env. @param inContainer whether it runs away from this machine's files */
export async function environmentOf(of: LambdaFunction, given: Given, inContainer = false): Promise<Record<string, string>> {
  const { LoggingConfig: logging, Environment: environment } = of.properties;
  const values = shellEnvironment(of, inContainer);
  if (of.runtime && !of.runtime.startsWith('provided')) values.AWS_EXECUTION_ENV = `AWS_Lambda_${of.runtime}`;
  const logGroup = textOf(logging?.LogGroup, of.stack);
  if (logGroup) values.AWS_LAMBDA_LOG_GROUP_NAME = logGroup;
  if (logging?.LogFormat) values.AWS_LAMBDA_LOG_FORMAT = logging.LogFormat;
  if (logging?.ApplicationLogLevel) values.AWS_LAMBDA_LOG_LEVEL = logging.ApplicationLogLevel;
  const variables = environment?.Variables ?? {};
  const secrets = 'HYBRID_SECRETS' in variables ? lambdaSecrets(variables.HYBRID_SECRETS) : [];
  const template = templateEnvironment({ ...of, variables: Object.entries(variables) }, given);
  return { ...values, ...template, ...await secretValues(of.name, of.stack, secrets, given), ...given };
}

/** The environment of a container of ECS or Batch, in the same order. */
export async function containerEnvironment({ name, stack, definition }: Container, given: Given): Promise<Record<string, string>> {
  const variables = (definition.Environment ?? []).map(({ Name, Value }: { Name: string; Value: unknown }): [string, unknown] => [Name, Value]);
  const values = { ...shellEnvironment({ name, stack }, true), ...templateEnvironment({ name, stack, variables }, given) };
  return { ...values, ...await secretValues(name, stack, containerSecrets(definition), given), ...given };
}

function shellEnvironment({ name: who, stack }: Pick<Variables, 'name' | 'stack'>, inContainer: boolean): Record<string, string> {
  const values: Record<string, string> = {};
  const passes = new Set(inContainer ? PASSES : [...PASSES, ...NEEDS_FILES]);
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (passes.has(name) || name.startsWith(PASSES_PREFIX))) values[name] = value;
  }
  if (inContainer && process.env.AWS_PROFILE && !values.AWS_ACCESS_KEY_ID) {
    tell(`${who}: runs without credentials: a container does not see the files of the profile '${process.env.AWS_PROFILE}'; `
      + 'eval "$(aws configure export-credentials --format env)" puts them into the environment');
  }
  const region = regionOf(stack);
  return { ...values, ...region && { AWS_REGION: region, AWS_DEFAULT_REGION: region } };
}

function templateEnvironment({ name: who, stack, variables }: Variables, given: Given): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of variables) {
    if (NOT_HERE.includes(name)) continue;
    const text = textOf(value, stack);
    if (text !== undefined) values[name] = text;
    else if (!(name in given)) tell(`${who}: ${name} is left out, only a deployment knows ${describe(value)}; give a value with --env ${name}=...`);
  }
  return values;
}

/** What --env-file and --env give; the latter wins. */
export function givenEnvironment(files: readonly string[], pairs: readonly string[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const file of files) {
    try {
      // A file that a shell reads as well has lines `export NAME=VALUE`: Node.js knows them with a single space only.
      for (const [name, value] of Object.entries(parseEnv(readFileSync(file, 'utf8')))) values[name.replace(/^(export(?=\s))?\s+/, '')] = value!;
    } catch (error) {
      throw new CliError('ENV_INVALID', `cannot read the --env-file '${file}': ${(error as Error).message}`);
    }
    checkNames(values, `the --env-file '${file}'`);
  }
  for (const pair of pairs) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([^]*)$/.exec(pair) ?? [];
    if (name === undefined) throw new CliError('ENV_INVALID', `--env must be NAME=VALUE, got '${pair}'`);
    values[name] = value;
  }
  checkNames(values, '--env');
  return values;
}

function checkNames(values: Readonly<Record<string, string>>, where: string): void {
  const reserved = Object.keys(values).find((name) => RESERVED_NAMES.has(name));
  if (reserved) throw new CliError('ENV_INVALID', `${where} sets ${reserved}, which is reserved: Lambda sets it itself`);
}
