// The servers that are compared, each a program of its own: `node servers.mjs <name> <port>`. All answer 200 with `hello`.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [name, portText, extra] = process.argv.slice(2);
const port = Number(portText);
const hello = async () => ({ statusCode: 200, body: 'hello' });

const servers = {
  async node() {
    const { createServer } = await import('node:http');
    createServer((_request, response) => response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 5 }).end('hello')).listen(port);
  },
  async fastify() {
    const { fastify } = await import('fastify');
    const app = fastify({ bodyLimit: 6291456 });
    app.all('*', async () => 'hello');
    await app.listen({ port });
  },
  /** Our source; the handler is called in the same thread. */
  async source() {
    const { HttpSource, readHttpSettings } = createRequire(import.meta.url)(extra);
    const carrier = { capacity: 1000, carry: (call) => void hello(call.event).then((result) => call.succeed(result), () => call.fail()) };
    const source = new HttpSource({ carrier, settings: readHttpSettings({ HYBRID_HTTP_EVENT: process.env.HYBRID_HTTP_EVENT }) });
    await source.listen({ port });
    source.ready();
  },
  /** Hybridless' runtime, from the path of a checkout with its dependencies installed. */
  async hybridless() {
    process.chdir(extra);
    const { default: Runtime } = await import(pathToFileURL(join(extra, 'index.js')));
    await new Runtime({ host: '127.0.0.1', port, function: { path: join(here, 'hello'), handler: 'handler' }, baseDir: 'file://' }).start();
  },
};
await servers[name]();
process.send?.('listening');
