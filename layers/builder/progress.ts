/** One line on stderr that says what is being waited for: on a terminal only, and gone when it is done. */

const CLEAR_LINE = '\r\x1b[2K';

/** Shows `text` in the place of the line before; nothing clears it. */
export function progress(text?: string): void {
  if (!process.stderr.isTTY) { return; }
  process.stderr.write(text === undefined ? CLEAR_LINE : `${CLEAR_LINE}cdk-hybrid: ${text} ...`);
}
