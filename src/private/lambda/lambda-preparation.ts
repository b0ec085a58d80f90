/** What a Lambda function is told to do before its handler is loaded, and who does it for each runtime: secrets, the schema, graceful shutdown. */
import { Stack } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { warnUnchecked } from '../environment/environment-schema';
import { hasHost, NO_HOST, schemaText } from '../environment/host-environment';
import { problem } from '../errors';
import { isAtLeast, languageNames, LanguageVersions } from './managed-runtime';
import type { ComputeContext } from '../../model/compute';
import { layerNotes } from '../layer/layer-notes';
import { bootstrapLayer, engineWrapperLayer, nodejsWrapperLayer } from '../layer/secrets-layer';

type Environment = { [name: string]: string };

/** What a function needs for its preparation. */
export interface Preparation {
  readonly environment: Environment;
  /** Over the layer of the runtime. */
  readonly layers: lambda.ILayerVersion[];
}

const EXEC_WRAPPER = 'AWS_LAMBDA_EXEC_WRAPPER';
const NOTHING: Preparation = { environment: {}, layers: [] };

/** Managed runtimes that can run our wrapper: on their own Node.js, */
const WITH_NODEJS: LanguageVersions = { nodejs: '18' };
/** or on ours, which needs the C library of Amazon Linux 2023. Source: "Lambda runtimes" in the AWS Lambda Developer Guide, operating systems. */
const ON_AMAZON_LINUX_2023: LanguageVersions = { python: '3.12', java: '21', dotnet: '8', ruby: '3.3' };

/**
 * How a zip function is prepared.
 *
 * @param codeHasBootstrap whether the code brings what Lambda starts
 */
export function prepareZip(scope: Construct, context: ComputeContext, codeHasBootstrap: boolean): Preparation {
  const environment = toldEnvironment(scope, context);
  if (Object.keys(environment).length === 0) { return NOTHING; }
  const { engine, managed, layer } = context.runtime._parts;
  if (managed && !managed.name.startsWith('provided')) { return wrapped(scope, context, managed, environment); }
  const notes = layerNotes(layer);
  if (codeHasBootstrap) {
    return cannot(scope, context, 'code with a bootstrap of its own, which Lambda starts instead of that of a layer', 'put it into a CustomRuntimeLayer');
  }
  if (!engine && !notes) {
    return cannot(scope, context, `the runtime ${context.runtime.name}, whose bootstrap is not known`, 'make the layer with CustomRuntimeLayer');
  }
  grantSecrets(context);
  return { environment, layers: layer && notes?.ownBootstrap ? [bootstrapLayer(scope, layer, notes.ownBootstrap, context.architecture)] : [] };
}

/** What the image of a function is told. */
export function prepareImage(scope: Construct, context: ComputeContext): Environment {
  const environment = toldEnvironment(scope, context);
  if (Object.keys(environment).length === 0) { return {}; }
  if (!hasHost(context.runtime)) {
    return cannot(scope, context, NO_HOST, 'set host: true and start the program by /opt/cdk-hybrid/entrypoint, or read the secrets in the program').environment;
  }
  grantSecrets(context);
  return environment;
}

/** What asks our bootstrap for SIGTERM; nobody else's understands it. */
export function shutdownEnvironment(scope: Construct, { runtime }: ComputeContext, gracefulShutdown?: boolean): Environment {
  if (!gracefulShutdown) { return {}; }
  const { engine, layer } = runtime._parts;
  const notes = layerNotes(layer);
  if (!engine && (!notes?.engine || notes.ownBootstrap)) {
    throw problem(scope, 'LAMBDA_OPTION_UNSUPPORTED', {
      property: 'gracefulShutdown', given: `true with the runtime ${runtime.name}`, accepted: 'left out, or with one of our own runtimes', mend: 'register an extension, upon which Lambda sends SIGTERM to that runtime, too',
    });
  }
  return { HYBRID_GRACEFUL_SHUTDOWN: 'true' };
}

/** What is left to do at start. */
function toldEnvironment(scope: Construct, { secrets, environmentSchema }: ComputeContext): Environment {
  const references = Object.entries(secrets).map(([name, { valueFrom }]) => [name, valueFrom]);
  return {
    ...references.length > 0 && { HYBRID_SECRETS: Stack.of(scope).toJsonString(Object.fromEntries(references)) },
    ...environmentSchema && { HYBRID_ENVIRONMENT_SCHEMA: schemaText(scope, environmentSchema) },
  };
}

/** A managed runtime is started by our wrapper. */
function wrapped(scope: Construct, context: ComputeContext, managed: lambda.Runtime, environment: Environment): Preparation {
  const given = context.environment[EXEC_WRAPPER];
  if (given !== undefined) {
    return cannot(scope, context, `${EXEC_WRAPPER}=${given} in environment, of which Lambda takes one only`, `leave ${EXEC_WRAPPER} out`);
  }
  const hasNodejs = isAtLeast(managed, WITH_NODEJS);
  if (!hasNodejs && !isAtLeast(managed, ON_AMAZON_LINUX_2023)) {
    return cannot(scope, context, `the runtime ${managed.name}`, `use ${languageNames({ ...WITH_NODEJS, ...ON_AMAZON_LINUX_2023 })} or later, or read the secrets in the handler`);
  }
  grantSecrets(context);
  const layer = hasNodejs ? nodejsWrapperLayer(scope, context.architecture) : engineWrapperLayer(scope, context.architecture);
  return { environment: { ...environment, [EXEC_WRAPPER]: '/opt/cdk-hybrid/exec-wrapper' }, layers: [layer] };
}

function grantSecrets({ secrets, role }: ComputeContext): void {
  for (const secret of Object.values(secrets)) { secret.grantRead(role); }
}

/** Secrets that nobody reads are refused; rules that nobody checks are told. */
function cannot(scope: Construct, { secrets, environmentSchema = {} }: ComputeContext, why: string, mend: string): Preparation {
  if (Object.keys(secrets).length > 0) {
    throw problem(scope, 'SECRETS_UNSUPPORTED', { property: 'secrets', given: `${Object.keys(secrets).join(', ')} with ${why}`, accepted: 'left out there, for nobody could read them', mend });
  }
  warnUnchecked(scope, environmentSchema, why);
  return NOTHING;
}
