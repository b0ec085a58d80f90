/** Defines what is done before the handler is loaded where the environment asks for it: secrets, the schema, an extension. */
/* eslint-disable @typescript-eslint/no-require-imports -- a require() is a bundle of its own, loaded when it is first needed */
import { environmentViolations } from './core/environment-schema';
import { RuntimeError } from './core/errors';
import type * as ResolveSecrets from './secrets/resolve-secrets';
import type * as LambdaExtension from './sources/lambda-extension';

/** Rejects with what the initialization fails with. */
export async function prepare(environment: NodeJS.ProcessEnv, runtimeApi: string): Promise<void> {
  const { HYBRID_GRACEFUL_SHUTDOWN } = environment;
  delete environment.HYBRID_GRACEFUL_SHUTDOWN;
  await prepareEnvironment(environment);
  if (HYBRID_GRACEFUL_SHUTDOWN === 'true') await (require('./sources/lambda-extension') as typeof LambdaExtension).registerExtension(runtimeApi);
}

/** Puts the secrets in, and checks that all is there. Rejects likewise. */
export async function prepareEnvironment(environment: NodeJS.ProcessEnv): Promise<void> {
  const { HYBRID_SECRETS, HYBRID_ENVIRONMENT_SCHEMA } = environment;
  delete environment.HYBRID_SECRETS;
  delete environment.HYBRID_ENVIRONMENT_SCHEMA;
  if (HYBRID_SECRETS) Object.assign(environment, await (require('./secrets/resolve-secrets') as typeof ResolveSecrets).resolveSecrets(HYBRID_SECRETS, environment));
  const violations = HYBRID_ENVIRONMENT_SCHEMA && environmentViolations(HYBRID_ENVIRONMENT_SCHEMA, environment);
  if (violations) throw new RuntimeError('EnvironmentInvalid', violations);
}
