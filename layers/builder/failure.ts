/** What stops a build because of something the user can mend. */

/** Told to whoever started this program, as one line of JSON on stdout. */
export class BuildFailure extends Error {
  constructor(readonly code: string, readonly property: string, readonly given: string, readonly accepted: string) {
    super(`'${property}' must be ${accepted}, got ${given}`);
    this.name = 'BuildFailure';
  }
}
