import type { S3Event, SNSEvent, SQSEvent } from 'aws-lambda';
import { bucket } from './bucket';
import { queue } from './queue';
import { topic } from './topic';

type Event = SQSEvent | SNSEvent | S3Event;
const has = <E extends Event>(event: Event, field: keyof E['Records'][number]): event is E => field in event.Records[0];

export const handler = async (event: Event) => {
  if (has<SQSEvent>(event, 'receiptHandle')) { return queue(event); }
  return has<SNSEvent>(event, 'Sns') ? topic(event) : bucket(event as S3Event);
};
