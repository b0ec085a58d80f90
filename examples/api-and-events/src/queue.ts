import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

/** What fails comes again; the other messages of the batch do not. */
export const queue = ({ Records }: SQSEvent): SQSBatchResponse => ({
  batchItemFailures: Records.filter(record => !ship(record)).map(({ messageId }) => ({ itemIdentifier: messageId })),
});

function ship({ body }: SQSRecord): boolean {
  try {
    const { order } = JSON.parse(body) as { order: string };
    console.log(`order ${order} is shipped`);
    return true;
  } catch (error) {
    console.error(`not an order: ${body}`, error);
    return false;
  }
}
