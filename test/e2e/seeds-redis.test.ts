/**
 * A Redis service of one's own, which Hybridless' users run in their VPC: Debian's package in a custom container, with
 * nothing of ours inside.
 */
import { connect } from 'node:net';
import { join } from 'node:path';
import { HandlerRuntime } from '../../src/model/handler-runtime';
import { containerEngine } from '../real-parts';
import { builtImage, serve } from './containers';

const FOLDER = join(__dirname, '../fixtures/seeds/redis');

/** What Redis answers to inline commands, after which it closes. */
function ask(port: number, ...commands: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1').setEncoding('utf8').setTimeout(10_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', text => { answer += text; }).once('error', reject).once('close', () => resolve(answer));
    socket.write([...commands, 'QUIT', ''].join('\r\n'));
  });
}

(containerEngine() ? describe : describe.skip)('a Redis service', () => {
  test('answers on its port as another user than root, and stops in order when told', async () => {
    const { image, environment } = builtImage('redis', FOLDER, () => ({
      runtime: HandlerRuntime.container({ dockerfile: 'Dockerfile', path: '.', entrypoint: 'redis-server --save "" --loglevel notice' }),
    }));
    const { container, endpoint } = await serve(image, { environment, options: ['--read-only', '--memory=64m', '--tmpfs=/tmp'] });

    expect(await ask(Number(new URL(endpoint).port), 'PING', 'SET greeting hello', 'GET greeting')).toBe('+PONG\r\n+OK\r\n$5\r\nhello\r\n+OK\r\n');
    expect(container.exec('id', '-un')).toBe('redis\n');

    expect(await container.stop()).toBe(0);
    expect(container.stdout).toMatch(/Received SIGTERM[^]*ready to exit, bye bye/);
  }, 180_000);
});
