/** The table of cases, each as a process. */
import { conforms } from './host-cases';

conforms({
  source: 'process',
  unseen: ({ event }, behaviour) => {
    if (behaviour === 'timeout') return 'a process has none';
    return JSON.stringify(event ?? {}).length > 100_000 ? 'a variable holds 128 KB' : undefined;
  },
  environmentOf: (event) => ({ HYBRID_EVENT: JSON.stringify(event) }),
  run: async (host) => {
    // Nobody waits for the result of a process.
    const code = await host.exit;
    if (code === 0) return { kind: 'result' };
    expect(code).toBe(1);
    return { kind: 'error', line: /^cdk-hybrid: process: the handler failed: (.*)$/m.exec(host.stderr)?.[1] };
  },
});
