/**
 * What a rule starts for a task or a job, by moto's interpreter of state machines: the event is in the environment of the container as one string, and a
 * run that cannot be started is a dead letter.
 *
 * moto hands the parameters of RunTask and SubmitJob on as they are, which its ECS and Batch do not take: so the states that make these calls
 * are asked for their parameters alone, or fail by a queue that is not there.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Compute, HybridFunction, Trigger } from '../../src';
import { givenVpc } from '../computes/ecs';
import { motoServer } from '../real-parts';
import { SMALL_CODE, SMALL_RUNTIME, synthesized } from '../small-runtime';
import { deployed, only } from '../triggers/deliveries';

const RUN = `
import json, sys, time
import boto3
from moto import mock_aws
given = json.load(sys.stdin)
region = {"region_name": "eu-west-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
    sqs, machines = boto3.client("sqs", **region), boto3.client("stepfunctions", **region)
    lost = sqs.create_queue(QueueName="lost")["QueueUrl"]
    definition = json.dumps(given["definition"]).replace("<lost>", lost)
    machine = machines.create_state_machine(name="machine", definition=definition, roleArn="arn:aws:iam::123456789012:role/any")["stateMachineArn"]
    run = machines.start_execution(stateMachineArn=machine, input=json.dumps(given["event"]))["executionArn"]
    for _ in range(600):
        result = machines.describe_execution(executionArn=run)
        if result["status"] != "RUNNING":
            break
        time.sleep(0.05)
    letters = [message["Body"] for message in sqs.receive_message(QueueUrl=lost).get("Messages", [])]
    print(json.dumps({"status": result["status"], "output": json.loads(result.get("output") or "null"), "letters": letters}))
`;
const EVENT = {
  'version': '0',
  'detail-type': 'Order placed',
  'resources': [],
  'detail': { text: '"ü" \\ \n <tag> ${x} $.y', nothing: null, price: 12.5, large: 9007199254740991, deep: { list: [1, 'two', true] } },
};

const program = motoServer();
if (program) {
  const python = join(dirname(program), 'python3');
  const run = (definition: object) => {
    const { stdout, stderr, error } = spawnSync(python, ['-c', RUN], { input: JSON.stringify({ definition, event: EVENT }), encoding: 'utf8' });
    if (!stdout) { throw error ?? new Error(stderr); }
    return JSON.parse(stdout);
  };
  /** The state machine of a compute; its queue for dead letters is that of the interpreter. */
  const machineOf = (name: 'task' | 'batchJob') => {
    const template = synthesized(stack => {
      const fn = new HybridFunction(stack, 'Orders', { runtime: SMALL_RUNTIME, code: SMALL_CODE, compute: Compute[name](), vpc: givenVpc(stack) });
      fn.addTrigger(Trigger.eventPattern({ source: ['shop'] }, { deadLetterQueue: new sqs.Queue(stack, 'Lost'), retryAttempts: 0 }));
    });
    const machine = JSON.parse(deployed(only(template, 'AWS::StepFunctions::StateMachine').DefinitionString).replaceAll('AWS::Partition', 'aws'));
    machine.States.DeadLetter.Parameters.QueueUrl = '<lost>';
    return { machine, call: machine.States[machine.StartAt] };
  };

  describe.each(['task', 'batchJob'] as const)('the state machine of a %s', name => {
    test('writes the whole event as one string', () => {
      const { machine, call } = machineOf(name);
      const overrides = call.Parameters.Overrides?.ContainerOverrides[0] ?? call.Parameters.ContainerOverrides;
      const { status, output } = run({ ...machine, States: { [machine.StartAt]: { Type: 'Pass', Parameters: overrides, End: true } } });
      expect([status, output.Environment[0].Name]).toEqual(['SUCCEEDED', 'HYBRID_EVENT']);
      expect(JSON.parse(output.Environment[0].Value)).toEqual(EVENT);
    });

    test('makes a dead letter of the event when the call fails', () => {
      const { machine, call } = machineOf(name);
      Object.assign(call, { Resource: 'arn:aws:states:::sqs:sendMessage', Parameters: { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/none', MessageBody: 'x' } });
      const { status, letters } = run(machine);
      expect([status, letters.length]).toEqual(['SUCCEEDED', 1]);
      expect(JSON.parse(letters[0])).toEqual(EVENT);
    });
  });

  test.each<[string, object, number]>([
    ['started nothing', { Tasks: [], Failures: [{ Reason: 'RESOURCE:CPU' }] }, 1],
    ['started a task', { Tasks: [{ TaskArn: 'arn' }], Failures: [] }, 0],
  ])('an answer of RunTask that %s', (_what, answer, letters) => {
    const { machine, call: { Next } } = machineOf('task');
    const result = run({ ...machine, States: { ...machine.States, [machine.StartAt]: { Type: 'Pass', Result: answer, Next } } });
    expect([result.status, result.letters.map((letter: string) => JSON.parse(letter))]).toEqual(['SUCCEEDED', Array(letters).fill(EVENT)]);
  });
}
