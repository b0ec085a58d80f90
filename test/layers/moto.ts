/** Defines moto's server for tests: it stands in for AWS, and checks signatures and policies when it is told to. */
import { spawn } from 'node:child_process';

export interface Moto {
  readonly endpoint: string;
  /** Calls an operation without a signature, which moto takes until `enforce` is called. */
  call<T = Record<string, unknown>>(service: string, target: string, input: object): Promise<T>;
  /** From now on requests must be signed, and allowed by a policy; the next so many are let through. */
  enforce(exempt?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startMoto(program: string): Promise<Moto> {
  const server = spawn(program, ['-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const endpoint = await new Promise<string>((resolve, reject) => {
    let text = '';
    server.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const port = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}`);
    });
    server.once('exit', () => reject(new Error(`moto_server ended: ${text}`)));
  });
  return {
    endpoint,
    call: async <T>(service: string, target: string, input: object) => {
      const authorization = `AWS4-HMAC-SHA256 Credential=x/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=x`;
      const headers = { 'authorization': authorization, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(input) });
      if (!response.ok) throw new Error(`${target}: ${response.status} ${await response.text()}`);
      return await response.json() as T;
    },
    enforce: async (exempt = 0) => {
      await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: String(exempt) });
    },
    stop: async () => {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await gone;
    },
  };
}
