import type { S3Event } from 'aws-lambda';

export const bucket = ({ Records }: S3Event): void => {
  for (const { s3: { bucket: { name }, object: { key } } } of Records) {
    // Keys are URL-encoded, with + for a space.
    console.log(`photo ${decodeURIComponent(key.replace(/\+/g, ' '))} in ${name}`);
  }
};
