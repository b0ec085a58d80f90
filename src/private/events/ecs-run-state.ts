/** The state of a state machine that runs a task. */
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { stateEnvironment, StateEvent } from './state-event';

/** The task, how it is run, and where its event is. */
export interface RunStateOptions extends sfn.TaskStateBaseProps, StateEvent {
  readonly cluster: ecs.ICluster;
  readonly taskDefinition: ecs.TaskDefinition;
  readonly isFargate: boolean;
  readonly capacityProviderStrategies?: ecs.CapacityProviderStrategy[];
  readonly platformVersion?: ecs.FargatePlatformVersion;
  readonly placementConstraints?: ecs.PlacementConstraint[];
  readonly placementStrategies?: ecs.PlacementStrategy[];
  readonly assignPublicIp?: boolean;
  readonly enableExecuteCommand?: boolean;
  readonly propagateTags?: ecs.PropagatedTagSource;
  /** Whether nothing waits for the task: it is this revision then, and the statements are all that the state machine may do. */
  readonly startsOnly?: boolean;
  /** What the state machine must be able to do beside running the task. */
  readonly statements: iam.PolicyStatement[];
  readonly subnets: ec2.SubnetSelection;
  readonly securityGroups: ec2.ISecurityGroup[];
}

/** Makes the state. */
export function runTaskState(scope: Construct, id: string, options: RunStateOptions): tasks.EcsRunTask {
  const {
    isFargate, capacityProviderStrategies, platformVersion = ecs.FargatePlatformVersion.LATEST, placementConstraints, placementStrategies,
    assignPublicIp, propagateTags, eventPath, eventS3Uri, resultS3Uri, statements, startsOnly, ...state
  } = options;
  const capacityProviderOptions = capacityProviderStrategies && tasks.CapacityProviderOptions.custom(capacityProviderStrategies);
  /**
   * The state of the CDK, with leave for what it does not ask for, or without leave to stop any task. Declared here and not beside this function, for an app that
   * has no state machines need not load theirs.
   */
  class RunTask extends tasks.EcsRunTask {
    constructor(scopeOfState: Construct, idOfState: string, props: tasks.EcsRunTaskProps) {
      super(scopeOfState, idOfState, props);
      if (startsOnly) { this.taskPolicies?.splice(0); }
      this.taskPolicies?.push(...statements);
    }

    protected _renderTask(queryLanguage?: sfn.QueryLanguage): object {
      const task = super._renderTask(queryLanguage);
      return startsOnly ? { ...task, Parameters: { ...task.Parameters, TaskDefinition: options.taskDefinition.taskDefinitionArn } } : task;
    }
  }

  return new RunTask(scope, id, {
    integrationPattern: startsOnly ? sfn.IntegrationPattern.REQUEST_RESPONSE : sfn.IntegrationPattern.RUN_JOB,
    ...state,
    propagatedTagSource: propagateTags,
    assignPublicIp: isFargate ? assignPublicIp : undefined,
    launchTarget: isFargate
      ? new tasks.EcsFargateLaunchTarget({ platformVersion, capacityProviderOptions })
      : new tasks.EcsEc2LaunchTarget({ placementConstraints, placementStrategies, capacityProviderOptions }),
    containerOverrides: [{
      containerDefinition: options.taskDefinition.defaultContainer!,
      environment: Object.entries(stateEnvironment({ eventPath, eventS3Uri, resultS3Uri })).map(([name, value]) => ({ name, value })),
    }],
  });
}
