import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { extended, image, project } from './images';
import { HandlerRuntime } from '../../src';
import { refusal } from '../refusal';

describe('an extended runtime', () => {
  test('instructions, file, additionalFiles and buildArgs: they stand before the runtime and the code, as root, in order', () => {
    const directory = project({ 'image/fonts.Dockerfile': 'ARG FONT\r\nRUN apt-get install -y $FONT\r\n', 'image/policy.xml': '<x/>' });
    const made = extended(directory,
      { baseImage: 'ubuntu:24.04', instructions: ['RUN one', 'COPY policy.xml /etc/'], additionalFiles: [{ source: 'image/policy.xml', destination: 'policy.xml' }] },
      { file: 'image/fonts.Dockerfile', instructions: ['RUN two'], buildArgs: { FONT: 'fonts-dejavu' } },
    );
    const instructions = made.dockerfile.split('\n').filter(line => /^(FROM|USER|RUN|COPY|ARG)/.test(line));
    expect(instructions).toEqual([
      'FROM ubuntu:24.04', 'ARG CODE=code', 'USER 0', 'RUN one', 'COPY policy.xml /etc/', 'USER 0',
      'ARG FONT', 'RUN apt-get install -y $FONT', 'RUN two', 'USER 0',
      'COPY --from=cdk-hybrid /opt /opt', 'USER 65534:65534', 'COPY ${CODE} /var/task/',
    ]);
    expect(made.build.dockerBuildArgs).toEqual({ FONT: 'fonts-dejavu' });
    expect(readFileSync(join(made.context, 'policy.xml'), 'utf8')).toBe('<x/>');
  });

  test('baseImage: a base-image mirror, by tag or digest; the last one counts', () => {
    const digest = `registry.example:5000/base@sha256:${'0'.repeat(64)}`;
    expect(extended(project(), { baseImage: 'first' }, { baseImage: digest }, {}).dockerfile.split('\n')[0]).toBe(`FROM ${digest}`);
  });

  test('a base image that is no name is refused', () => {
    for (const baseImage of ['', 'two words', 'a\nRUN evil', '${ARG}']) {
      expect(refusal(() => extended(project(), { baseImage }))).toMatch(/^Stack\/Image: 'runtime' must be a runtime whose baseImage is .*\[CDK_HYBRID_IMAGE_BASE\]$/);
    }
  });

  test('a FROM of its own is refused; the word elsewhere is not', () => {
    expect(refusal(() => extended(project(), { instructions: ['RUN a', ' from debian'] }))).toMatch(/got 'from debian'; leave FROM out.*\[CDK_HYBRID_IMAGE_INSTRUCTIONS\]$/);
    const harmless = ['RUN echo \\\n  FROM here', 'RUN <<END python3\nfrom os import path\nEND', '# FROM a comment', 'COPY --from=other /a /a'];
    expect(extended(project(), { instructions: harmless }).dockerfile).toContain(harmless.join('\n'));
  });

  test('its file of instructions must exist', () => {
    expect(refusal(() => extended(project(), { file: 'missing' }))).toMatch(/file of instructions exists.*got 'missing'.*\[CDK_HYBRID_CONTAINER_CONTEXT\]$/);
  });

  test('containers, managed runtimes and layers cannot be extended', () => {
    const directory = project({ Dockerfile: 'FROM scratch\n' });
    expect(refusal(() => image(directory, { runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile' }).extend({}) }))).toContain('CDK_HYBRID_RUNTIME_NOT_EXTENDABLE');
    expect(refusal(() => image(directory, { runtime: HandlerRuntime.AWS_NODEJS_24.extend({}) }))).toContain('CDK_HYBRID_RUNTIME_NOT_EXTENDABLE');
  });
});
