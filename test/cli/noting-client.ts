/** Defines a client of a container engine that notes how it is called, and does what a script says. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface NotingClient {
  /** What CDK_DOCKER names. */
  readonly path: string;
  /** A line for each call. */
  calls(): string;
}

export function notingClient(directory: string, name: string, script: string): NotingClient {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\necho "$@" >> '${path}.calls'\n${script}\n`);
  chmodSync(path, 0o755);
  return { path, calls: () => existsSync(`${path}.calls`) ? readFileSync(`${path}.calls`, 'utf8') : '' };
}

/** In the place of a container: where a port of it is published, something listens there, and is healthy at its third answer. */
const CONTAINER = `
  const [, , calls, name] = process.argv;
  const created = require('fs').readFileSync(calls, 'utf8').split('\\n').find((line) => line.startsWith('create') && line.includes('--name ' + name));
  const port = /--publish 127.0.0.1:(\\d+):/.exec(created)?.[1];
  let asked = 0;
  const server = require('http').createServer((_request, response) => {
    if (++asked === 3) console.log('initialized');
    response.writeHead(asked < 3 ? 503 : 200).end();
  });
  port ? server.listen(port, '127.0.0.1') : setInterval(() => {}, 60_000);
`;

/** A client whose containers have a network of their own, and run until they are told to end. */
export function servingClient(directory: string, name: string): NotingClient {
  const path = join(directory, name);
  writeFileSync(`${path}.cjs`, CONTAINER);
  return notingClient(directory, name, `case $1 in inspect) echo bridge;; start) echo started; exec node '${path}.cjs' '${path}.calls' "$3";; esac`);
}
