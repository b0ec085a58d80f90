/** Defines the environment of a function on this machine: the template's values, the user's options, and what of the user's shell passes. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CliError, tell } from './errors';
import type { LambdaFunction } from './functions';
import { describe, regionOf, textOf } from './template-values';
import { RESERVED_NAMES } from '../../layers/runtime/host/lambda-environment';

/**
 * What of the user's shell a function sees: credentials and the way to AWS, proxies and certificates, and what programs of this
 * system cannot do without. Anything else stays out: a function that needs it would fail once deployed.
 */
const PASSES = new Set([
  'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ROLE_ARN', 'AWS_ROLE_SESSION_NAME', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN', 'AWS_CA_BUNDLE', 'AWS_EC2_METADATA_DISABLED', 'AWS_STS_REGIONAL_ENDPOINTS',
  'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR',
  'HOME', 'TMPDIR', 'USERPROFILE', 'SystemRoot', 'SYSTEMROOT', 'windir', 'TEMP', 'TMP', 'APPDATA', 'LOCALAPPDATA', 'PATHEXT', 'COMSPEC',
]);
const PASSES_PREFIX = 'AWS_ENDPOINT_URL';

/** Later wins: shell, template, --env-file, --env. */
export function environmentOf(of: LambdaFunction, given: Readonly<Record<string, string>>): Record<string, string> {
  const { LoggingConfig: logging, Environment: environment } = of.properties;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (PASSES.has(name) || name.startsWith(PASSES_PREFIX))) values[name] = value;
  }
  const region = regionOf(of.stack);
  if (region) Object.assign(values, { AWS_REGION: region, AWS_DEFAULT_REGION: region });
  if (of.runtime && !of.runtime.startsWith('provided')) values.AWS_EXECUTION_ENV = `AWS_Lambda_${of.runtime}`;
  const logGroup = textOf(logging?.LogGroup, of.stack);
  if (logGroup) values.AWS_LAMBDA_LOG_GROUP_NAME = logGroup;
  if (logging?.LogFormat) values.AWS_LAMBDA_LOG_FORMAT = logging.LogFormat;
  if (logging?.ApplicationLogLevel) values.AWS_LAMBDA_LOG_LEVEL = logging.ApplicationLogLevel;
  for (const [name, value] of Object.entries(environment?.Variables ?? {})) {
    const text = textOf(value, of.stack);
    if (text !== undefined) values[name] = text;
    else if (!(name in given)) tell(`${of.name}: ${name} is left out, only a deployment knows ${describe(value)}; give a value with --env ${name}=...`);
  }
  return { ...values, ...given };
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
