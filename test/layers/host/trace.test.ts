/** The X-Ray trace of an HTTP request, as load balancers and upstream services send it, on its way to the handler. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess, killHosts } from './host-process';

const taskRoot = mkdtempSync(join(tmpdir(), 'cdk-hybrid-trace-'));
writeFileSync(join(taskRoot, 'index.js'), 'exports.handler = async (event, context) => ({ context: context.xRayTraceId, environment: process.env._X_AMZN_TRACE_ID });');
afterEach(killHosts);
afterAll(() => rmSync(taskRoot, { recursive: true, force: true }));

describe.each([
  ['isolated', {}, true],
  // Several invocations share the environment: it has the trace of none, as on Managed Instances.
  ['shared', { AWS_LAMBDA_MAX_CONCURRENCY: '4' }, false],
] as [string, Record<string, string>, boolean][])('%s', (_mode, environment, inEnvironment) => {
  test.each([
    // Source: "Request tracing for your Application Load Balancer" in the Elastic Load Balancing documentation.
    ['a load balancer', 'Root=1-67891233-abcdef012345678912345678'],
    ['a load balancer behind another', 'Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678'],
    ['a service that samples', 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1'],
  ])('the header of %s is the trace of the invocation, and not that of the next', async (_who, trace) => {
    const host = new HostProcess({ sources: 'http', handler: 'index.handler', taskRoot, environment });
    const url = await host.listening('http');
    const answer = async (headers: Record<string, string>) => (await fetch(url, { headers })).json();
    expect(await answer({ 'X-Amzn-Trace-Id': trace })).toEqual({ context: trace, ...(inEnvironment && { environment: trace }) });
    expect(await answer({})).toEqual({});
  });
});
