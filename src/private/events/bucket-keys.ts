/** Which events of which objects the triggers of a bucket have: S3 takes each for one notification alone. */
import { Token } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { problem } from '../errors';

/** Which events of which objects a trigger has. */
interface Keys {
  readonly events: s3.EventType[];
  readonly prefix?: string;
  readonly suffix?: string;
}

const owners = new WeakMap<s3.IBucket, (Keys & { readonly owner: string })[]>();

/** S3 refuses notifications that overlap. Source: "Configuring event notifications using object key name filtering" in the Amazon S3 User Guide. */
export function takeKeys(scope: Construct, bucket: s3.IBucket, keys: Keys): void {
  const taken = owners.get(bucket) ?? [];
  owners.set(bucket, taken);
  const other = taken.find(each => overlap(each, keys));
  if (other) {
    throw problem(scope, 'BUCKET_EVENTS', {
      property: 'prefix',
      given: `${keys.events.join(', ')} of ${pattern(keys)}`,
      accepted: `given with a suffix or events so that no object is of two triggers; ${other.owner} has ${pattern(other)}`,
      mend: 'tell them apart, or use Trigger.eventPattern() with eventBridgeEnabled of the bucket',
    });
  }
  taken.push({ ...keys, owner: scope.node.path });
}

const pattern = ({ prefix = '', suffix = '' }: Keys) => `${prefix}*${suffix}`;

/** Whether both may have one object; texts that are known at deployment only may be any. */
function overlap(one: Keys, other: Keys): boolean {
  const [{ prefix: a = '', suffix: c = '' }, { prefix: b = '', suffix: d = '' }] = [one, other];
  if (Token.isUnresolved([a, b, c, d])) { return false; }
  return one.events.some(event => other.events.some(each => includes(event, each) || includes(each, event)))
    && (a.startsWith(b) || b.startsWith(a)) && (c.endsWith(d) || d.endsWith(c));
}

const includes = (one: string, other: string) => one === other || (one.endsWith('*') && other.startsWith(one.slice(0, -1)));

/** Refuses what S3 would take for two notifications of one event. */
export function checkEvents(scope: Construct, events: s3.EventType[]): void {
  const twice = events.some((one, at) => events.some((other, otherAt) => at !== otherAt && includes(one, other)));
  if (events.length > 0 && !twice) { return; }
  throw problem(scope, 'BUCKET_EVENTS', {
    property: 'events',
    given: events.join(', ') || 'none',
    accepted: 'one event or several of which none includes another',
    mend: events.length === 0 ? 'name one, or leave it out' : undefined,
  });
}
