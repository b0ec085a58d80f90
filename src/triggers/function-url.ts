import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { ITrigger, TriggerConfig, TriggerContext } from '../model/trigger';
import { problem } from '../private/errors';
import { unsupported } from '../private/support';

/** `Trigger.functionUrl()`: requests to an HTTPS address of the function's own. A function, or its alias, has one at most. */
export class FunctionUrlTrigger implements ITrigger {
  public readonly triggerName = 'functionUrl';
  public readonly triggerId = 'FunctionUrl';

  /**
   * @param props who may call, from which web pages, and whether responses are streamed
   */
  constructor(private readonly props: lambda.FunctionUrlOptions) {}

  public bind(scope: Construct, { compute: { lambdaTarget, functionUrl }, computeName }: TriggerContext): TriggerConfig {
    if (!lambdaTarget) { throw unsupported(scope, 'functionUrl', computeName, 'use a compute that is a Lambda function'); }
    if (functionUrl) {
      throw problem(scope, 'LAMBDA_OPTION_CONFLICT', { property: 'addTrigger', given: 'Trigger.functionUrl()', accepted: 'left out when functionUrl of the compute is given' });
    }
    // Where the option of the compute has it as well: a change from one to the other keeps the address.
    return { functionUrl: lambdaTarget.addFunctionUrl(this.props) };
  }
}
