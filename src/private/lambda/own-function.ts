/** A small function of this library, between an origin and a handler. */
import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** What it runs, and what it may do. */
export interface OwnFunctionOptions {
  /** What the ids of its role and its log group begin with. */
  readonly prefix: string;
  /** The construct id of the function; the prefix by default. */
  readonly functionId?: string;
  readonly description: string;
  /** The folder of the program. */
  readonly directory: string;
  /** `file.export`. */
  readonly handler: string;
  readonly environment: { [name: string]: string };
  /** Beside writing its own logs. */
  readonly statements: iam.PolicyStatement[];
  readonly deadLetterQueue?: sqs.IQueue;
}

/** Makes the function, with a role and a log group of its own. */
export function ownFunction(scope: Construct, options: OwnFunctionOptions): lambda.Function {
  const { prefix, functionId = prefix, directory, statements, ...settings } = options;
  const role = new iam.Role(scope, `${prefix}Role`, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  const logGroup = new logs.LogGroup(scope, `${prefix}LogGroup`, { retention: logs.RetentionDays.ONE_MONTH });
  logGroup.grantWrite(role);
  statements.forEach(statement => role.addToPolicy(statement));
  return new lambda.Function(scope, functionId, {
    ...settings,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromAsset(directory),
    memorySize: 512,
    timeout: Duration.minutes(1),
    role,
    logGroup,
  });
}
