/** Our signatures beside those of AWS's own package for JavaScript. */
import { createHash, createHmac, type BinaryLike, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { signedHeaders } from '../../../layers/runtime/secrets/signature';

class Sha256 {
  private readonly hash: Hash | Hmac;

  constructor(key?: unknown) {
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as BinaryLike);
  }

  update(data: string | Uint8Array): void {
    this.hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  reset(): void {}
}

const now = new Date('2026-02-03T04:05:06.789Z');

test.each([
  ['of a role', 'https://secretsmanager.eu-west-1.amazonaws.com/', 'secretsmanager', 'eu-west-1', '{"SecretId":"größe"}', 'IQoJb3JpZ2luX2VjE//token=='],
  ['of a user', 'https://ssm.us-gov-west-1.amazonaws.com/', 'ssm', 'us-gov-west-1', '{"Names":["a"]}', undefined],
  ['for another server, with port and path', 'http://127.0.0.1:4566/aws/v1', 'ssm', 'cn-north-1', '{}', 'token'],
])('the signature %s is that of AWS\'s own package', async (_what, address, service, region, body, sessionToken) => {
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken };
  const url = new URL(address);
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Service.Operation' };
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256, applyChecksum: false });
  const official = await signer.sign({
    method: 'POST', protocol: url.protocol, hostname: url.hostname, port: Number(url.port) || undefined, path: url.pathname, headers: { ...headers, host: url.host }, body,
  }, { signingDate: now });
  expect(signedHeaders({ url, headers, body, service, region }, credentials, now)).toEqual(official.headers);
});
