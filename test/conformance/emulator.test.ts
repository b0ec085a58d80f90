/** The table of cases, each by Lambda's Invoke to the host's emulator. */
import { conforms } from './host-cases';
import { invokeEmulator, serves } from './host-serving';

const driver = { source: 'emulator', run: async (host, event) => (await invokeEmulator(host, event)).outcome } as const satisfies Parameters<typeof conforms>[0];

conforms(driver);
serves({ source: 'emulator', invoke: invokeEmulator });
