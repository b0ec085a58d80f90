/** What Application Auto Scaling and CloudWatch make of a template, minute by minute: alarms, metric expressions and policies as their documentation says. */
import type { Template } from 'aws-cdk-lib/assertions';

/** A value of a metric; undefined = none was reported. */
type Value = number | undefined;

/* eslint-disable @typescript-eslint/no-explicit-any -- properties of a template */
interface Query {
  readonly id: string;
  readonly expression?: string;
  readonly metric?: string;
  readonly returned: boolean;
}

/** The start of a task, and what it gets done. */
export interface World {
  readonly minutes: number;
  /** Messages that are sent: minute, queue, number. */
  readonly sent: readonly (readonly [minute: number, queue: string, messages: number])[];
  /** Minutes from the request for a task until it works. */
  readonly start?: number;
  /** How many messages a task works on at once. */
  readonly atOnce?: number;
  /** Minutes that a message takes. */
  readonly work?: number;
  /** Minutes for which a queue that nobody used reports nothing. */
  readonly asleep?: number;
  /** Whether the tasks of the last minute are reported a minute late. */
  readonly late?: boolean;
}

/** The value of an expression of metric math; one without a value has none. */
export function evaluate(expression: string, valueOf: (id: string) => Value): Value {
  const tokens = expression.match(/[A-Za-z]+|\d+|==|[(),>+/]/g)!;
  const levels: { [operator: string]: (a: number, b: number) => number }[] = [
    { AND: (a, b) => Number(a !== 0 && b !== 0) },
    { '>': (a, b) => Number(a > b), '==': (a, b) => Number(a === b) },
    { '+': (a, b) => a + b },
    { '/': (a, b) => a / b },
  ];
  function binary(level = 0): Value {
    if (level === levels.length) { return primary(); }
    let left = binary(level + 1);
    for (let operator = levels[level][tokens[0]]; operator; operator = levels[level][tokens[0]]) {
      tokens.shift();
      const right = binary(level + 1);
      left = left === undefined || right === undefined ? undefined : operator(left, right);
    }
    return left;
  }
  function primary(): Value {
    const token = tokens.shift()!;
    if (/^\d/.test(token)) { return Number(token); }
    if (token === '(') { return closed(binary()); }
    if (tokens[0] !== '(') { return valueOf(token); }
    const values: Value[] = [];
    for (const separators = ['(', ',']; separators.includes(tokens[0]);) {
      tokens.shift();
      values.push(binary());
    }
    const [first, second, third] = closed(values);
    if (token === 'FILL') { return first ?? second; }
    if (token === 'IF') { return first === undefined ? undefined : first ? second : third; }
    throw new Error(`no such function: ${token}`);
  }
  function closed<T>(value: T): T {
    if (tokens.shift() !== ')') { throw new Error(`not closed: ${expression}`); }
    return value;
  }
  const value = binary();
  if (tokens.length) { throw new Error(`not understood from '${tokens.join(' ')}': ${expression}`); }
  return value;
}

/** How many tasks are asked for, minute by minute. */
export function desiredTasks(template: Template, world: World): number[] {
  const { minutes, sent, start = 3, atOnce = 10, work = 1, asleep = 0, late = false } = world;
  const rules = rulesOf(template);
  const queues = Object.fromEntries(sent.map(([, queue]) => [queue, { visible: 0, inFlight: [] as number[], usedAt: Infinity }]));
  const reports: { [metric: string]: Value }[] = [];
  const asked: number[] = [];
  const startedAt: number[] = [];
  let desired = rules.least;

  for (let minute = 0; minute < minutes; minute++) {
    for (const [, queue, messages] of sent.filter(([at]) => at === minute)) {
      queues[queue].visible += messages;
      queues[queue].usedAt = Math.min(queues[queue].usedAt, minute);
    }
    while (startedAt.length < desired) { startedAt.push(minute); }
    startedAt.length = desired;
    const running = startedAt.filter(at => minute >= at + start).length;
    let free = running * atOnce;
    for (const queue of Object.values(queues)) {
      queue.inFlight = queue.inFlight.filter(end => end > minute);
      free -= queue.inFlight.length;
    }
    for (const queue of Object.values(queues)) {
      const taken = Math.max(0, Math.min(queue.visible, free));
      queue.visible -= taken;
      free -= taken;
      queue.inFlight.push(...Array(taken).fill(minute + work));
    }
    reports.push({ tasks: running || undefined });
    for (const [name, { visible, inFlight, usedAt }] of Object.entries(queues)) {
      if (minute < usedAt + asleep) { continue; }
      reports[minute][`${name} ApproximateNumberOfMessagesVisible`] = visible;
      reports[minute][`${name} ApproximateNumberOfMessagesNotVisible`] = inFlight.length || undefined;
    }
    desired = rules.apply(minute, desired, (metric, at) => late && metric === 'tasks' && at === minute ? undefined : reports[at]?.[metric]);
    asked.push(desired);
  }
  return asked;
}

type Series = (metric: string, minute: number) => Value;

function rulesOf(template: Template) {
  const [{ Properties: { MinCapacity: least, MaxCapacity: most } }] = Object.values(template.findResources('AWS::ApplicationAutoScaling::ScalableTarget'));
  const policies = template.findResources('AWS::ApplicationAutoScaling::ScalingPolicy');
  const tracking = Object.values(policies).flatMap(({ Properties }) => Properties.TargetTrackingScalingPolicyConfiguration ?? []);
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
  const within = (tasks: number) => Math.min(most, Math.max(least, tasks));
  const added = new Map<object, { readonly tasks: number; readonly until: number }>();

  /** What a policy has added counts for as long as its cooldown goes on. */
  function more(policy: object, cooldown: number, minute: number, desired: number, wanted: (from: number) => number): number {
    const before = added.get(policy);
    const counted = before && minute < before.until ? before.tasks : 0;
    const tasks = within(wanted(desired - counted));
    if (tasks <= desired) { return desired; }
    added.set(policy, { tasks: counted + tasks - desired, until: minute + cooldown / 60 });
    return tasks;
  }

  function stepped(minute: number, desired: number, series: Series): number {
    return alarms.reduce<number>((tasks, alarm) => {
      const queries = queriesOf(alarm.Metrics);
      const values = last(alarm.EvaluationPeriods, minute).map(at => resultOf(queries, series, at));
      if (alarm.ComparisonOperator !== 'GreaterThanOrEqualToThreshold' || alarm.TreatMissingData !== 'notBreaching') { throw new Error('another kind of alarm'); }
      const breaching = values.filter(value => value !== undefined && value >= alarm.Threshold);
      if (breaching.length < (alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods)) { return tasks; }
      return alarm.AlarmActions.reduce((sum: number, { Ref }: { Ref: string }) => {
        const policy = policies[Ref].Properties.StepScalingPolicyConfiguration;
        const above = breaching[breaching.length - 1]! - alarm.Threshold;
        const step = policy.StepAdjustments
          .find((one: any) => above >= (one.MetricIntervalLowerBound ?? -Infinity) && above < (one.MetricIntervalUpperBound ?? Infinity));
        if (policy.AdjustmentType !== 'ChangeInCapacity') { throw new Error('another kind of adjustment'); }
        return more(policy, policy.Cooldown, minute, sum, from => from + step.ScalingAdjustment);
      }, tasks);
    }, desired);
  }

  /** Target tracking has an alarm for three minutes above the value, and one for 15 minutes well below it. */
  function tracked(minute: number, desired: number, series: Series): number {
    const fewer: number[] = [];
    let tasks = desired;
    for (const policy of tracking) {
      const queries = queriesOf(policy.CustomizedMetricSpecification.Metrics);
      const valueAt = (at: number) => resultOf(queries, series, at);
      const wanted = (from: number) => Math.ceil(from * valueAt(minute)! / policy.TargetValue);
      const all = (periods: number, is: (value: number) => boolean) =>
        last(periods, minute).map(valueAt).every(value => value !== undefined && is(value));
      if (all(3, value => value > policy.TargetValue)) { tasks = more(policy, policy.ScaleOutCooldown ?? 300, minute, tasks, wanted); }
      if (all(15, value => value < 0.9 * policy.TargetValue)) { fewer.push(within(wanted(desired))); }
    }
    const isIdle = tasks === desired && tracking.length > 0 && fewer.length === tracking.length;
    return isIdle ? Math.min(desired, Math.max(...fewer)) : tasks;
  }

  return { least, apply: (minute: number, desired: number, series: Series) => stepped(minute, tracked(minute, desired, series), series) };
}

const last = (periods: number, minute: number) => Array.from({ length: periods }, (_, back) => minute - periods + 1 + back);

function queriesOf(metrics: any[]): Query[] {
  return metrics.map(({ Id, Expression, MetricStat, ReturnData }) => ({
    id: Id, expression: Expression, metric: MetricStat && nameOf(MetricStat), returned: ReturnData !== false,
  }));
}

/** A queue is named by the resource that it is. */
function nameOf({ Metric: { Namespace, MetricName, Dimensions }, Stat }: any): string {
  if (Namespace === 'AWS/ECS' && MetricName === 'CPUUtilization' && Stat === 'SampleCount') { return 'tasks'; }
  return `${Dimensions[0].Value['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, '')} ${MetricName}`;
}

function resultOf(queries: Query[], series: Series, minute: number): Value {
  const valueOf = (id: string): Value => {
    const query = queries.find(one => one.id === id);
    if (!query) { throw new Error(`no metric ${id}`); }
    return query.metric === undefined ? evaluate(query.expression!, valueOf) : series(query.metric, minute);
  };
  return valueOf(queries.find(({ returned }) => returned)!.id);
}
