/** Defines a message of a queue and what the source asks of SQS, so that nothing else depends on its client. */

/** Of a custom attribute what was sent. */
export interface MessageAttribute {
  readonly DataType?: string;
  readonly StringValue?: string;
  readonly BinaryValue?: Uint8Array;
}

/** A message as SQS gives it. */
export interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody?: string;
  readonly MD5OfMessageAttributes?: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

/** Of several messages one that SQS did not take. */
export interface Refusal<M> {
  readonly message: M;
  readonly reason: string;
  /** Asking again is of no use. */
  readonly final: boolean;
}

/** SQS, for one queue. */
export interface QueueClient {
  /** The queue's visibility timeout in seconds. */
  visibilityTimeout(): Promise<number>;
  /** @param most 1 to 10 @param waitSeconds how long SQS may wait for the first message, 0 to 20 */
  receive(most: number, waitSeconds: number, visibilitySeconds: number, signal: AbortSignal): Promise<Message[]>;
  /** At most 10 messages. Gives those that are not deleted. */
  remove(messages: readonly Message[]): Promise<Refusal<Message>[]>;
  /** At most 10 messages become visible after so many seconds from now. Gives those for which that could not be. */
  changeVisibility(messages: readonly Message[], seconds: number): Promise<Refusal<Message>[]>;
}

/** The most messages of one request to SQS. */
export const MOST_OF_A_REQUEST = 10;

/**
 * The X-Ray trace header of an invocation with these messages: that of the first one that carries one. AWS documents for Lambda that an invocation's own trace is
 * linked with those of its messages ("Tracing event-driven applications" in the AWS X-Ray Developer Guide), which nothing outside of Lambda can ask for; for other
 * consumers that they go on with the trace of one message ("Amazon SQS and AWS X-Ray", there).
 */
export function traceOf(messages: readonly Message[]): string | undefined {
  return messages.map(({ Attributes }) => Attributes?.AWSTraceHeader).find((header) => header !== undefined);
}

/** The order of a FIFO queue holds within this; a message of another queue has none. */
export function groupOf(message: Message): string | undefined {
  return message.Attributes?.MessageGroupId;
}
