/** What starts a run of a task or a job with each event of an origin that invokes functions: a small function of ours. */
import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ownFunction } from '../lambda/own-function';
import { STARTER_DIRECTORY } from '../layer/layer-assets';
import { passingBucket } from '../queues/passing-bucket';

/** A run that lacks its event alone. */
export interface StarterOptions {
  /** The request, as the SDK for JavaScript takes it. */
  readonly run: { readonly runTask: object } | { readonly submitJob: object };
  /** What the function must be able to do for it. */
  readonly statements: iam.PolicyStatement[];
  /** The role of the handler, which reads events that are in the bucket. */
  readonly role: iam.IRole;
}

/** A job may wait as long for its instance. */
const EVENTS_ARE_KEPT = Duration.days(30);

/** Makes the function, and the bucket for events that are too large to go with the run. */
export function starter(scope: Construct, { run, statements, role }: StarterOptions): lambda.Function {
  const bucket = passingBucket(scope, 'StarterBucket', EVENTS_ARE_KEPT);
  const resources = [bucket.arnForObjects('*')];
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['s3:GetObject'], resources }));
  return ownFunction(scope, {
    prefix: 'Starter',
    description: `Starts a run with each event of ${scope.node.id}`,
    directory: STARTER_DIRECTORY,
    handler: 'starter.handler',
    environment: { HYBRID_STARTER_RUN: Stack.of(scope).toJsonString(run), HYBRID_STARTER_BUCKET: bucket.bucketName },
    statements: [...statements, new iam.PolicyStatement({ actions: ['s3:PutObject'], resources })],
  });
}
