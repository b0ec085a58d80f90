/** Defines how the replacement of a worker that could not be initialized is put off, and when there is no more hope for one. */

/** The first replacement comes at once; when replacements fail as well, the wait doubles from the first to the last of these. */
const FIRST_MS = 100;
const LAST_MS = 5_000;
/** After so many failures in a row who asks for the host's health is told. */
const HOPELESS = 3;

/** @param failures how many replacements have failed in a row */
export function backOffMs(failures: number): number {
  return failures <= 0 ? 0 : Math.min(FIRST_MS * 2 ** (failures - 1), LAST_MS);
}

/** @param failures how many initializations have failed in a row */
export function hopeless(failures: number): boolean {
  return failures >= HOPELESS;
}
