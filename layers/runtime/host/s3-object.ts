/** Defines how the event of a task is read from S3, and its result written there. */
import { GetObjectCommand, PutObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Location } from './s3-location';

/** A task that waits for ever costs for ever: a connection, and a connection that is silent, is given up after this. */
const CONNECTION_MS = 5_000;
const SILENCE_MS = 60_000;

/** The object, or nothing when it has more bytes than that. */
export async function readObject({ bucket, key }: S3Location, mostBytes: number): Promise<Buffer | undefined> {
  const { Body, ContentLength } = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  if (ContentLength !== undefined && ContentLength > mostBytes) return undefined;
  return Buffer.from(await Body!.transformToByteArray());
}

export async function writeObject({ bucket, key }: S3Location, content: Buffer): Promise<void> {
  await s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: 'application/json' }));
}

/** Credentials, region and endpoint come from where every AWS SDK takes them: on ECS the role of the task. */
function s3(environment: NodeJS.ProcessEnv = process.env): S3Client {
  const config: S3ClientConfig = {
    followRegionRedirects: true,
    // Another server than AWS's is seldom known by a name for each bucket.
    forcePathStyle: Boolean(environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL),
    requestHandler: { connectionTimeout: CONNECTION_MS, socketTimeout: SILENCE_MS },
  };
  // This client reads AWS_REGION alone; the CLI and other SDKs also know the older name.
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION;
  return new S3Client(region ? { ...config, region } : config);
}
