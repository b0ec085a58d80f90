/** Streaming handlers under the bundled bootstrap. */
import { bootstrap, posted, run, service } from './scripted-bootstrap';
import { delivering } from './scripted-service';

describe('a streaming handler', () => {
  test('writes text, bytes and objects', async () => {
    await run('streams.text', delivering('{}'));
    expect(await service.request('/response')).toMatchObject({
      body: 'Hello, stream{"json":true}!',
      headers: { 'content-type': 'text/plain', 'lambda-runtime-function-response-mode': 'streaming', 'transfer-encoding': 'chunked' },
      trailers: {},
    });
  });

  test.each([['streams.http', '{"statusCode":201,"headers":{"X-One":"1"},"cookies":["a=b"]}', 'body'], ['streams.httpWithoutBody', '{"statusCode":302,"headers":{"Location":"/"}}', '']])('%s: the prelude goes first', async (handler, prelude, body) => {
    await run(handler, delivering('{}'));
    expect(await service.request('/response')).toMatchObject({
      body: `${prelude}${'\0'.repeat(8)}${body}`,
      headers: { 'content-type': 'application/vnd.awslambda.http-integration-response' },
    });
  });

  test.each([
    ['streams.empty', ''], ['streams.notAwaited', 'late end'],
  ])('%s is complete', async (handler, body) => {
    await run(handler, delivering('{}', '{}'));
    expect(await service.request('id-2/response')).toMatchObject({ body, trailers: {}, headers: { 'content-type': 'application/octet-stream' } });
  });

  test('ten megabytes in pieces', async () => {
    await run('streams.pipeline', delivering('{"pieces":200,"bytes":50000}'));
    expect((await service.request('/response')).body).toHaveLength(10_000_000);
  });

  test('throws before anything was sent: a plain error', async () => {
    await run('streams.throwsBefore', delivering('{}'));
    expect(await posted('id-1/error')).toMatchObject({ errorType: 'TypeError' });
  });

  test.each([
    ['streams.throwsAfter', 'TypeError'],
    ['streams.brokenSource', 'RangeError'],
    ['streams.tooLate', 'Runtime.InvalidStreamingOperation'],
    ['streams.neverEnds', 'Runtime.ExitError'],
    ['streams.sync', 'Runtime.MalformedStreamingHandler'],
  ])('%s: %s in the trailers, then the next invocation', async (handler, errorType) => {
    await run(handler, delivering('{}', '{}'));
    const { trailers } = await service.request('id-1/response');
    expect(trailers['lambda-runtime-function-error-type']).toBe(errorType);
    expect(JSON.parse(Buffer.from(trailers['lambda-runtime-function-error-body'], 'base64').toString())).toMatchObject({ errorType });
    await service.request('id-2/response');
  });

  test('an uncaught exception breaks the stream off with its trailers before the process ends', async () => {
    await run('streams.uncaught', delivering('{}'));
    expect(await bootstrap.exit).toBe(129);
    expect((await service.request('/response')).trailers['lambda-runtime-function-error-type']).toBe('RangeError');
  });
});
