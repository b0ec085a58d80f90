/** Defines where the value of a secret is: the `valueFrom` of ECS, which HYBRID_SECRETS has for each name. */

export interface SecretReference {
  /** The variable that takes the value. */
  readonly name: string;
  /** As it was given. */
  readonly valueFrom: string;
  readonly service: 'secretsmanager' | 'ssm';
  readonly partition: string;
  readonly region: string;
  /** What the service knows it by: its ARN, without the parts that are ECS's. */
  readonly id: string;
  /** The key of a secret that is a JSON object. */
  readonly field?: string;
  readonly versionStage?: string;
  readonly versionId?: string;
}

const FORMS = 'arn:<partition>:secretsmanager:<region>:<account>:secret:<name>[:<json key>:<version stage>:<version id>] or arn:<partition>:ssm:<region>:<account>:parameter/<name>';

/** Of HYBRID_SECRETS; throws one line that says what is wrong with it. */
export function parseReferences(json: string): SecretReference[] {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    given = undefined;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Error(`HYBRID_SECRETS must be a JSON object of names and references, got ${json.length} characters of something else`);
  return Object.entries(given).map(([name, valueFrom]) => parseReference(name, String(valueFrom)));
}

export function parseReference(name: string, valueFrom: string): SecretReference {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`HYBRID_SECRETS has a name that no variable can have: '${name}'; use letters, digits and underscores`);
  const [arn, partition, service, region, account, kind, secret, field, versionStage, versionId, ...more] = valueFrom.split(':');
  const common = { name, valueFrom, partition, region };
  if (arn === 'arn' && partition && region && account && more.length === 0) {
    if (service === 'secretsmanager' && kind === 'secret' && secret) {
      const id = [arn, partition, service, region, account, kind, secret].join(':');
      return { ...common, service, id, field: field || undefined, versionStage: versionStage || undefined, versionId: versionId || undefined };
    }
    if (service === 'ssm' && /^parameter\/./.test(kind ?? '')) return { ...common, service, id: valueFrom };
  }
  throw new Error(`the reference of secret '${name}' must be ${FORMS}, got '${valueFrom}'`);
}
