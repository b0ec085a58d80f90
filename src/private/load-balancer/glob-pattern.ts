/** Patterns with `*` (any characters, or none) and `?` (one character), as rules of load balancers have them. */

/** The same pattern in the one form that comparisons need: of a run of wildcards first each `?`, then one `*`. */
export function normalPattern(pattern: string): string {
  return pattern.replace(/[*?]+/g, run => '?'.repeat(run.split('?').length - 1) + (run.includes('*') ? '*' : ''));
}

/** Whether there is no wildcard in it. */
export function isExact(pattern: string): boolean {
  return !/[*?]/.test(pattern);
}

/** How many wildcards it has. */
export function wildcards(pattern: string): number {
  return pattern.replace(/[^*?]/g, '').length;
}

/** Whether everything that `narrow` matches is matched by `wide` as well. */
export function isWithin(narrow: string, wide: string): boolean {
  const from = (positions: number[]) => {
    const all = new Set(positions);
    for (const position of all) { if (wide[position] === '*') { all.add(position + 1); } }
    return [...all].sort((one, other) => one - other);
  };
  // What a wildcard of `narrow` stands for may be anything, so that only a wildcard of `wide` takes it.
  const step = (positions: number[], character?: string) => from(positions.flatMap(position => {
    if (wide[position] === '*') { return [position]; }
    return wide[position] === '?' || (character !== undefined && wide[position] === character) ? [position + 1] : [];
  }));
  const seen = new Set<string>();
  const accepts = (index: number, positions: number[]): boolean => {
    const state = `${index} ${positions}`;
    if (seen.has(state)) { return true; }
    seen.add(state);
    if (index === narrow.length) { return positions.includes(wide.length); }
    if (positions.length === 0) { return false; }
    const character = narrow[index];
    if (character === '*') { return accepts(index + 1, positions) && accepts(index, step(positions)); }
    return accepts(index + 1, step(positions, character === '?' ? undefined : character));
  };
  return accepts(0, from([0]));
}
