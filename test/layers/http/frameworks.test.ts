/** Libraries that people wrap their web frameworks in for Lambda, unchanged, behind the HTTP source. */
import serverlessExpress from '@codegenie/serverless-express';
import { cleanUp, serve } from './serve';
import type { HttpCarrier } from '../../../layers/runtime/sources/http/http-call';

// It ships no types.
const express: any = jest.requireActual('express');

afterEach(cleanUp);

const carrying = (handler: (event: any, context: any) => Promise<unknown>): HttpCarrier['carry'] => (call) => {
  handler(call.event, {}).then((result) => call.succeed(JSON.parse(JSON.stringify(result))), () => call.fail());
};

function expressApp(): any {
  const app = express();
  app.post('/users/:name', express.json(), (request: any, response: any) => {
    const { params: { name }, query, body } = request;
    response.cookie('a', '1').cookie('b', '2').status(201).json({ name, query, body, ip: request.get('x-forwarded-for') });
  });
  app.get('/image', (_request: any, response: any) => void response.type('image/png').send(Buffer.from([0x89, 0x50, 0, 0xff])));
  app.get('/away', (_request: any, response: any) => response.redirect('/elsewhere'));
  return app;
}

describe.each(['v2', 'v1', 'alb-multi-value'])('Express behind an event of the shape %s', (HYBRID_HTTP_EVENT) => {
  const start = () => {
    const handler = serverlessExpress({ app: expressApp(), binarySettings: { contentTypes: ['image/*'] } });
    return serve(carrying(handler as any), { environment: { HYBRID_HTTP_EVENT } });
  };

  test('gets path, query and JSON, and sets cookies', async () => {
    const { url } = await start();
    const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': '203.0.113.7' };
    const response = await fetch(`${url}/users/jane?tag=a&tag=b`, { method: 'POST', body: '{"age":"ü"}', headers });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ name: 'jane', query: { tag: ['a', 'b'] }, body: { age: 'ü' }, ip: '203.0.113.7' });
    expect(response.headers.getSetCookie().map((cookie) => cookie.split(';')[0])).toEqual(['a=1', 'b=2']);
  });

  test('sends bytes', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/image`);
    expect(response.headers.get('content-type')).toMatch(/^image\/png/);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0x89, 0x50, 0, 0xff]));
  });

  test('redirects', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/away`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/elsewhere']);
  });
});
