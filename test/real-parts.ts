/** Real parts that not every machine has: a test that needs one says so loudly, or fails where they are required. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether the machine has a part; throws when it has not and the tests were told to use the real parts. */
export function hasRealPart(what: string, isThere: boolean): boolean {
  if (!isThere) {
    const message = `${what} is not on this machine`;
    if (process.env.CDK_HYBRID_REQUIRE_REAL_PARTS === '1') { throw new Error(`${message}, and CDK_HYBRID_REQUIRE_REAL_PARTS is set`); }
    process.stderr.write(`\n*** NOT TESTED: ${message}; .ci/prepare installs it ***\n\n`);
  }
  return isThere;
}

/** The client of a container engine that can build and run images here; nothing when there is none. */
export function containerEngine(): string | undefined {
  const client = process.env.CDK_DOCKER ?? 'docker';
  const run = spawnSync(client, ['info'], { stdio: 'ignore' });
  return hasRealPart(`a container engine (${client})`, !run.error && run.status === 0) ? client : undefined;
}

/** Where AWS's Runtime Interface Emulator is, a program without libraries that can be mounted into containers. */
export function runtimeInterfaceEmulator(): string | undefined {
  return program("AWS's Runtime Interface Emulator", 'aws-lambda-rie');
}

/** moto's server, which stands in for S3. */
export function motoServer(): string | undefined {
  return program('moto_server (Python package moto)', 'moto_server');
}

/** ElasticMQ, which stands in for SQS: visibility timeouts, FIFO groups and dead letters. Its argument is its configuration. */
export function queueServer(): string | undefined {
  return program('ElasticMQ (org.elasticmq:elasticmq-server, Maven Central)', 'elasticmq');
}

/** cfn-lint, which knows the schemas of AWS's resources. */
export function templateLinter(): string | undefined {
  return program('cfn-lint (Python package)', 'cfn-lint');
}

/** AWS's command line client, whose models check what it is given. */
export function awsClient(): string | undefined {
  return program('the AWS CLI', 'aws');
}

/** A Python that has the CDK, for apps in Python. */
export function pythonWithCdk(): string | undefined {
  const run = spawnSync('python3', ['-c', 'import importlib.util, sys; sys.exit(importlib.util.find_spec("aws_cdk") is None)'], { stdio: 'ignore' });
  return hasRealPart('the CDK for Python (Python package aws-cdk-lib)', !run.error && run.status === 0) ? 'python3' : undefined;
}

/** curl, an HTTP client that is none of Node's. */
export function curl(): string | undefined {
  return program('curl', 'curl');
}

/** wrk, which sends as many HTTP requests as a server takes. */
export function loadGenerator(): string | undefined {
  return program('an HTTP load generator (wrk)', 'wrk');
}

function program(what: string, name: string): string | undefined {
  const path = (process.env.PATH ?? '').split(delimiter).map(directory => join(directory, name)).find(isExecutable);
  return hasRealPart(what, path !== undefined) ? path : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
