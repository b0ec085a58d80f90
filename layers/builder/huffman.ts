/** Huffman codes with a limit on their length, as DEFLATE wants them (RFC 1951, section 3.2.2). */
/* eslint-disable no-bitwise -- codes are bits */

/** The length of each symbol's code; 0 for a symbol that does not occur. */
export function codeLengths(frequencies: Uint32Array, limit: number): Uint8Array {
  const lengths = new Uint8Array(frequencies.length);
  const symbols = [...frequencies.keys()].filter(symbol => frequencies[symbol] > 0).sort((a, b) => frequencies[a] - frequencies[b] || a - b);
  if (symbols.length < 2) {
    // A code must have two symbols for some readers; the second one is never written.
    for (const symbol of [...symbols, 0, 1].slice(0, symbols.length === 1 && symbols[0] === 0 ? 3 : 2)) { lengths[symbol] = 1; }
    return lengths;
  }

  const counts = countsByLength(symbols.map(symbol => frequencies[symbol]), limit);
  // The rarest symbols get the longest codes.
  let next = 0;
  for (let length = limit; length > 0; length--) {
    for (let left = counts[length]; left > 0; left--) { lengths[symbols[next++]] = length; }
  }
  return lengths;
}

/** The codes of these lengths, reversed: DEFLATE writes codes from their highest bit and all else from the lowest. */
export function codes(lengths: Uint8Array): Uint16Array {
  const next = new Uint16Array(17);
  const counts = new Uint16Array(17);
  for (const length of lengths) { counts[length]++; }
  counts[0] = 0;
  for (let length = 1, code = 0; length <= 15; length++) {
    code = code + counts[length - 1] << 1;
    next[length] = code;
  }
  return Uint16Array.from(lengths, length => length === 0 ? 0 : reversed(next[length]++, length));
}

/** How many symbols have codes of each length: of the optimal tree, mended where that is deeper than the limit. */
function countsByLength(ascending: number[], limit: number): Uint16Array {
  const depths = leafDepths(ascending);
  const counts = new Uint16Array(limit + 1);
  for (const depth of depths) { counts[Math.min(depth, limit)]++; }
  // In units of the longest code: codes that were shortened take more room than there is.
  let excess = counts.reduce((sum, count, length) => length === 0 ? 0 : sum + (count << limit - length), 0) - (1 << limit);
  while (excess > 0) {
    // A leaf one level up becomes a node with two leaves, one of which is taken from the lowest level.
    let length = limit - 1;
    while (counts[length] === 0) { length--; }
    counts[length]--;
    counts[length + 1] += 2;
    counts[limit]--;
    excess--;
  }
  return counts;
}

/** The depth of each leaf in the Huffman tree of these weights. */
function leafDepths(ascending: number[]): number[] {
  const leaves = ascending.length;
  const weights = [...ascending];
  const parents: number[] = [];
  // Two queues: leaves, and nodes, which are made in ascending order.
  let leaf = 0;
  let node = leaves;
  const smallest = () => leaf < leaves && (node >= weights.length || weights[leaf] <= weights[node]) ? leaf++ : node++;
  while (weights.length < 2 * leaves - 1) {
    const [a, b] = [smallest(), smallest()];
    parents[a] = parents[b] = weights.length;
    weights.push(weights[a] + weights[b]);
  }
  const depths: number[] = [];
  depths[weights.length - 1] = 0;
  for (let index = weights.length - 2; index >= 0; index--) { depths[index] = depths[parents[index]] + 1; }
  return depths.slice(0, leaves);
}

function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) { result = result << 1 | code >>> bit & 1; }
  return result;
}
