import type { SNSEvent } from 'aws-lambda';

export const topic = ({ Records }: SNSEvent): void => {
  for (const { Sns: { Subject, Message } } of Records) { console.log(`price of ${Subject}: ${Message}`); }
};
