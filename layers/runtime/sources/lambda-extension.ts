/** Defines the internal extension whose only purpose is that Lambda tells the runtime to stop, with SIGTERM, before it ends it. */
import { connectTcp } from './runtime-api-transport';
import { ReplyParser, type Reply } from '../core/http1';

const API = '/2020-01-01/extension';
const NAME = 'cdk-hybrid';
/** Lambda answers within milliseconds; a handler is not held up for more. */
const ANSWER_MS = 1_000;

/**
 * Registers for no events, and asks for the next one as every extension must before the function counts as initialized. That question is never
 * answered: its connection keeps nothing running. Settles when it is asked. A function that cannot be told to stop still works.
 */
export async function registerExtension(runtimeApi: string): Promise<void> {
  const head = (request: string): string => `${request} HTTP/1.1\r\nHost: ${runtimeApi}\r\n`;
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => end(new Error(`no answer in ${ANSWER_MS} ms`)), ANSWER_MS);
      const end = (error?: Error): void => {
        clearTimeout(timer);
        transport.close();
        if (error) reject(error);
        else resolve();
      };
      const registered = ({ status, headers, body }: Reply): void => {
        const id = headers['lambda-extension-identifier'];
        // Where there is no such API, hosts of ours for one, whoever stops the runtime signals it anyway.
        if (status === 404) return end();
        if (status !== 200 || !id) return end(new Error(`the answer is ${status}: ${body.toString('utf8', 0, 300).trim()}`));
        clearTimeout(timer);
        transport.write(`${head(`GET ${API}/event/next`)}Lambda-Extension-Identifier: ${id}\r\n\r\n`);
        transport.keepAlive(false);
        resolve();
      };
      const parser = new ReplyParser(registered);
      const transport = connectTcp(runtimeApi, {
        onData: (chunk) => {
          try {
            parser.push(chunk);
          } catch (error) {
            end(error as Error);
          }
        },
        onDrain: () => {},
        onClose: (error) => end(error ?? new Error('the connection was closed')),
      });
      const body = '{"events":[]}';
      transport.write(`${head(`POST ${API}/register`)}Lambda-Extension-Name: ${NAME}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`, body);
    });
  } catch (error) {
    console.warn(`the handler will not be told to stop: the extension cannot be registered: ${(error as Error).message}`);
  }
}
