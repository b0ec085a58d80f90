import { parseReferences } from '../../../layers/runtime/secrets/reference';
import { batches } from '../../../layers/runtime/secrets/resolve-secrets';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-AbCdEf';
const PARAMETER = 'arn:aws-cn:ssm:cn-north-1:123456789012:parameter/app/key';

const parse = (references: Record<string, unknown>) => parseReferences(JSON.stringify(references));

test('every form of ECS\'s valueFrom with an ARN is understood', () => {
  expect(parse({ A: SECRET, B: `${SECRET}:password::`, C: `${SECRET}::AWSPREVIOUS:`, D: `${SECRET}:password:a-stage:a-version`, E: PARAMETER })).toEqual([
    { name: 'A', valueFrom: SECRET, service: 'secretsmanager', partition: 'aws', region: 'eu-west-1', id: SECRET },
    expect.objectContaining({ name: 'B', id: SECRET, field: 'password', versionStage: undefined, versionId: undefined }),
    expect.objectContaining({ name: 'C', id: SECRET, field: undefined, versionStage: 'AWSPREVIOUS' }),
    expect.objectContaining({ name: 'D', id: SECRET, field: 'password', versionStage: 'a-stage', versionId: 'a-version' }),
    { name: 'E', valueFrom: PARAMETER, service: 'ssm', partition: 'aws-cn', region: 'cn-north-1', id: PARAMETER },
  ]);
});

test.each([
  ['a plain name', 'app-key'],
  ['another service', 'arn:aws:s3:::bucket/key'],
  ['a region left out', 'arn:aws:secretsmanager::123456789012:secret:a'],
  ['too many parts', `${SECRET}:field:stage:version:more`],
  ['no name of a parameter', 'arn:aws:ssm:eu-west-1:123456789012:parameter/'],
  ['no text', { a: 1 }],
])('a reference of another form is refused by its name: %s', (_what, valueFrom) => {
  expect(() => parse({ API_KEY: valueFrom })).toThrow(/^the reference of secret 'API_KEY' must be arn:<partition>:secretsmanager.*, got '.*'$/);
});

test('a name that no variable can have is refused: a shell would run what is in it', () => {
  expect(() => parse({ 'A=$(reboot)': SECRET })).toThrow('HYBRID_SECRETS has a name that no variable can have: \'A=$(reboot)\'; use letters, digits and underscores');
});

test.each(['', '[]', 'null', '"text"', '{"A":'])('what is not a JSON object (%s) is refused, and not quoted', (json) => {
  expect(() => parseReferences(json)).toThrow(`HYBRID_SECRETS must be a JSON object of names and references, got ${json.length} characters of something else`);
});

test('one request reads all fields of a version of a secret, and ten parameters of a region', () => {
  const parameters = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`P${n}`, `arn:aws:ssm:eu-west-1:1:parameter/p${n}`]));
  const references = parse({
    A: SECRET, B: `${SECRET}:user::`, C: `${SECRET}:password::`, OLD: `${SECRET}:password:AWSPREVIOUS:`, ...parameters, SAME: 'arn:aws:ssm:eu-west-1:1:parameter/p0', FAR: 'arn:aws:ssm:us-east-1:1:parameter/p0',
  });
  expect(batches(references).map((batch) => batch.map(({ name }) => name))).toEqual([
    ['A', 'B', 'C'], ['OLD'], ['P0', 'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'SAME'], ['P10', 'P11'], ['FAR'],
  ]);
});
