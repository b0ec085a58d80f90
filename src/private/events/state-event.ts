/** The event that a state of a state machine gives a container, in the environment that our host reads. */
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';

/** Where the event is, and where the result goes. */
export interface StateEvent {
  /** In the input of the state; without one the whole input. */
  readonly eventPath?: string;
  /** The object that has the event instead. */
  readonly eventS3Uri?: string;
  /** The object that takes the result. */
  readonly resultS3Uri?: string;
}

/** The variables that say so. */
export function stateEnvironment({ eventPath = '$', eventS3Uri, resultS3Uri }: StateEvent): { [name: string]: string } {
  return {
    ...eventS3Uri === undefined ? { HYBRID_EVENT: sfn.JsonPath.jsonToString(sfn.JsonPath.objectAt(eventPath)) } : { HYBRID_EVENT_S3_URI: eventS3Uri },
    ...resultS3Uri !== undefined && { HYBRID_RESULT_S3_URI: resultS3Uri },
  };
}
