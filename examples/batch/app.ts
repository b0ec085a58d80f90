import { App, Duration, Stack } from 'aws-cdk-lib';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { BatchJob, HandlerCode, Trigger } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'Batch');

const render = new BatchJob(stack, 'Render', {
  code: HandlerCode.fromEntry('src/render.ts'),
  timeout: Duration.hours(6),
  cpu: 2048,
  memoryLimitMiB: 8192,
  maxvCpus: 64,
  spot: true,
  retryAttempts: 3,
});

render.addTrigger(Trigger.schedule({
  schedule: scheduler.ScheduleExpression.rate(Duration.days(7)),
  input: scheduler.ScheduleTargetInput.fromObject({ frames: 250 }),
}));

// Many jobs at once, and what comes after them.
new sfn.StateMachine(stack, 'Film', {
  definitionBody: sfn.DefinitionBody.fromChainable(
    new sfn.Map(stack, 'Scenes', { itemsPath: '$.scenes', maxConcurrency: 10 }).itemProcessor(render.submitJobState(stack, 'RenderScene')),
  ),
});

app.synth();
