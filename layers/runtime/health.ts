/** Defines the program that a container's health check runs: whether the host of this container says that it is healthy. */
import { get } from 'node:http';

const ANSWER_MS = 4_000;

const { PORT, HYBRID_HTTP_HEALTH_PATH } = process.env;
const url = `http://127.0.0.1:${PORT || 8080}${HYBRID_HTTP_HEALTH_PATH || '/_health'}`;

function unhealthy(why: string): never {
  process.stderr.write(`cdk-hybrid: ${url} ${why}\n`);
  process.exit(1);
}

setTimeout(() => unhealthy(`has not answered in ${ANSWER_MS / 1000} seconds`), ANSWER_MS);
get(url, { agent: false }, ({ statusCode }) => (statusCode === 200 ? process.exit(0) : unhealthy(`answers ${statusCode}`)))
  .on('error', (error) => unhealthy(`does not answer: ${error.message}`));
