import { Aspects, Stack } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct } from 'constructs';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { problem } from '../private/errors';
import { unsupported } from '../private/support';

/** When a user pool calls the handler. */
export interface UserPoolTriggerProps {
  /** The operations of the user pool at which it calls the handler, and waits for the answer. */
  readonly operations: cognito.UserPoolOperation[];

  /**
   * The version of the event of `UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG`.
   *
   * @default LambdaVersion.V1_0
   */
  readonly lambdaVersion?: cognito.LambdaVersion;

  /**
   * The construct id of the trigger. Needed where a function has two triggers with one user pool, or with user pools of the same construct id.
   *
   * @default - `UserPool` and the construct id of the user pool
   */
  readonly id?: string;
}

/** `Trigger.userPool()`: what happens in a user pool of Amazon Cognito. */
export class UserPoolTrigger implements ITrigger {
  public readonly triggerName = 'userPool';
  public readonly triggerId: string;

  /**
   * @param userPool the user pool
   * @param props at which of its operations
   */
  constructor(private readonly userPool: cognito.IUserPool, private readonly props: UserPoolTriggerProps) {
    this.triggerId = props.id ?? `UserPool${userPool.node.id}`;
  }

  public bind(scope: Construct, { compute: { lambdaTarget }, computeName }: TriggerContext): TriggerConfig {
    if (!lambdaTarget) { throw unsupported(scope, 'userPool', computeName, 'use a compute that is a Lambda function'); }
    const { userPool, props: { operations, lambdaVersion } } = this;
    if (!isOwn(userPool)) {
      throw problem(scope, 'USER_POOL_IMPORTED', { property: 'userPool', given: userPool.node.path, accepted: 'a user pool of this app: the functions of an imported one cannot be changed' });
    }
    const versioned = cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG;
    const isVersioned = ({ operationName }: cognito.UserPoolOperation) => operationName === versioned.operationName;
    if (operations.length === 0) {
      throw problem(scope, 'USER_POOL_OPERATION', { property: 'operations', given: 'none', accepted: 'at least one operation' });
    }
    if (lambdaVersion !== undefined && !operations.some(isVersioned)) {
      const accepted = 'left out without UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG';
      throw problem(scope, 'USER_POOL_OPERATION', { property: 'lambdaVersion', given: lambdaVersion, accepted });
    }
    refuseCircle(scope, userPool, lambdaTarget);
    for (const operation of operations) {
      const [known, version] = isVersioned(operation) ? [versioned, lambdaVersion] : [operation, undefined];
      userPool.addTrigger(known, lambdaTarget, version);
    }
    return {};
  }
}

const isOwn = (userPool: cognito.IUserPool): userPool is cognito.UserPool => 'addTrigger' in userPool;

/**
 * Refuses a function that needs what needs it: the user pool names the function, so neither the function's environment nor what its role may do when it is made
 * can name the user pool. Looked at when all is said, before the CDK itself looks for circles among stacks.
 */
function refuseCircle(scope: Construct, userPool: cognito.UserPool, target: lambda.IFunction): void {
  const id = JSON.stringify(Stack.of(userPool).getLogicalId(userPool.node.defaultChild as cognito.CfnUserPool));
  const names = (node: IConstruct) => (JSON.stringify(Stack.of(node).resolve(neededOf(node))) ?? '').includes(id);
  Aspects.of(scope).add({
    visit: node => {
      const naming = node === scope && [scope.node.scope, target.role].flatMap(each => each?.node.findAll() ?? []).find(names);
      if (naming) {
        const accepted = `a user pool that ${naming.node.path} does not name, for the user pool needs the function`;
        throw problem(scope, 'USER_POOL_CIRCLE', { property: 'userPool', given: userPool.node.path, accepted });
      }
    },
  });
}

/** What of a resource has to be known before the function is made. */
function neededOf(node: IConstruct): unknown {
  return node instanceof lambda.CfnFunction ? node.environment : node instanceof iam.CfnPolicy ? node.policyDocument : undefined;
}
