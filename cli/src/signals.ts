/** Defines what ends a command early. A signal's default would leave the bootstraps behind: they are in process groups of their own. */

/** Exit codes as a shell reports them. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Ends the process at the first signal, or at the second when `first` takes care of the first one. */
export function endOnSignal(first?: (code: number) => void): void {
  let handle = first;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (!handle) process.exit(code);
      handle(code);
      handle = undefined;
    });
  }
}
