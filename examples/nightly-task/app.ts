import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { HandlerCode, ScheduledTask } from 'cdk-hybrid';

const app = new App();
const stack = new Stack(app, 'NightlyTask');

new ScheduledTask(stack, 'Report', {
  code: HandlerCode.fromEntry('src/report.ts'),
  timeout: Duration.hours(3), // a task has no limit of 15 minutes
  cpu: 1024,
  memoryLimitMiB: 4096,
  schedule: scheduler.ScheduleExpression.cron({ hour: '2', minute: '30', timeZone: TimeZone.EUROPE_BERLIN }),
  input: scheduler.ScheduleTargetInput.fromObject({ tables: ['orders', 'returns'], scheduled: scheduler.ContextAttribute.scheduledTime }),
  retryAttempts: 3,
  deadLetterQueue: new sqs.Queue(stack, 'NotStarted', { enforceSSL: true }),
});

app.synth();
