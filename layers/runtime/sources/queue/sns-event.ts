/**
 * Defines Lambda's `SNSEvent` from the envelope in which SNS delivers to a queue. Source: "Invoking Lambda functions with Amazon SNS notifications" in
 * the AWS Lambda Developer Guide, "Amazon SNS message and JSON formats" in the Amazon SNS Developer Guide.
 */

type Envelope = Readonly<Record<string, unknown>>;

/** Nothing when the body is no envelope: the subscription has raw message delivery on, or the sender is not SNS. */
export function snsEvent(body: string): object | undefined {
  const envelope = envelopeOf(body);
  if (!envelope) return undefined;
  const { Subject, SigningCertURL, UnsubscribeURL, MessageAttributes } = envelope;
  return {
    Records: [{
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      EventSubscriptionArn: subscriptionOf(UnsubscribeURL),
      Sns: {
        Type: envelope.Type,
        MessageId: envelope.MessageId,
        TopicArn: envelope.TopicArn,
        Subject: Subject ?? null,
        Message: envelope.Message,
        Timestamp: envelope.Timestamp,
        SignatureVersion: envelope.SignatureVersion,
        Signature: envelope.Signature,
        SigningCertUrl: SigningCertURL,
        UnsubscribeUrl: UnsubscribeURL,
        MessageAttributes: MessageAttributes ?? {},
      },
    }],
  };
}

function envelopeOf(body: string): Envelope | undefined {
  try {
    const envelope = JSON.parse(body) as Envelope | null;
    if (typeof envelope?.TopicArn === 'string' && typeof envelope.Message === 'string' && typeof envelope.Type === 'string') return envelope;
  } catch {
    // no envelope
  }
  return undefined;
}

/** The envelope names the subscription nowhere else. */
function subscriptionOf(unsubscribeUrl: unknown): string | undefined {
  try {
    return new URL(String(unsubscribeUrl)).searchParams.get('SubscriptionArn') ?? undefined;
  } catch {
    return undefined;
  }
}
