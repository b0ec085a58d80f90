/** Hybridless' `httpd` function with FFMPEG: our Node.js runtime extended with Debian's package, which the handler calls. */
import { join } from 'node:path';
import { HandlerCode } from '../../src/model/handler-code';
import { HandlerRuntime } from '../../src/model/handler-runtime';
import { containerEngine } from '../real-parts';
import { builtImage, serve } from './containers';

const SEEDS = join(__dirname, '../fixtures/seeds');

(containerEngine() ? describe : describe.skip)('a runtime extended with FFMPEG', () => {
  test('its handler calls ffmpeg for an HTTP request', async () => {
    const { image } = builtImage('ffmpeg', SEEDS, () => ({
      code: HandlerCode.fromDirectory('ffmpeg'),
      runtime: HandlerRuntime.NODEJS_24.extend({
        instructions: ['RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends ffmpeg >/dev/null && rm -rf /var/lib/apt/lists/*'],
      }),
    }));
    const { container, endpoint } = await serve(image, { environment: { HYBRID_SOURCES: 'http', HYBRID_WORKERS: '1' }, options: ['--read-only', '--memory=256m'] });

    const answer = await fetch(`${endpoint}/version`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain']);
    expect(await answer.text()).toMatch(/^ffmpeg version 5\./);

    expect(await container.stop()).toBe(0);
  }, 600_000);
});
