/** The table of cases, each as a task. */
import { parsedOrText } from './cases';
import { conforms } from './host-cases';

conforms({
  source: 'task',
  unseen: ({ event }) => (JSON.stringify(event ?? {}).length > 100_000 ? 'a variable holds 128 KB; test/layers/host/task-s3.test.ts has larger events' : undefined),
  environmentOf: (event) => ({ HYBRID_EVENT: JSON.stringify(event) }),
  run: async (host) => {
    const code = await host.exit;
    if (code === 0) return { kind: 'result', result: parsedOrText(host.stdout.replace(/\n$/, '')) };
    expect(host.stdout).toBe('');
    const line = /^cdk-hybrid: task: the handler failed: (.*)$/m.exec(host.stderr)?.[1];
    expect([1, 124]).toContain(code);
    return { kind: code === 124 ? 'timeout' : 'error', line };
  },
});
