/** Finds the repetitions in data that DEFLATE writes as a length and a distance (RFC 1951, section 4). */
/* eslint-disable no-bitwise -- hashes and packed tokens */

export const WINDOW_BYTES = 32768;

/** A token is a literal byte, or `length << 16 | distance`. */
const LENGTH_SHIFT = 16;
const MIN_MATCH = 3;
const MAX_MATCH = 258;
/** A match this long is taken without looking further. */
const NICE_MATCH = 258;
/** How many earlier places with the same four bytes are tried: what gives the last tenths of a percent takes long. */
const MAX_CHAIN = 150;
/** A match of three bytes from farther away than this takes more bits than its three literals. */
const MAX_DISTANCE_OF_3 = 8192;
const HASH_BITS_3 = 15;
const HASH_BITS_4 = 16;
/** 2^32 divided by the golden ratio: spreads neighbouring values. */
const HASH_FACTOR = 0x9e3779b1 | 0;

/**
 * The tokens of `data` from `start` to `end`. What lies before `start` may be referred to.
 *
 * Matching is lazy: a match is put off by a byte or two when a better one begins there.
 */
export function findTokens(data: Uint8Array, start: number, end: number): Uint32Array {
  const head3 = new Int32Array(1 << HASH_BITS_3).fill(-1);
  const head4 = new Int32Array(1 << HASH_BITS_4).fill(-1);
  /** For each place of the window the one before it with the same hash. */
  const earlier = new Int32Array(WINDOW_BYTES);
  const tokens = new Uint32Array(end - start);
  let count = 0;
  let inserted = Math.max(0, start - WINDOW_BYTES);
  let length = 0;
  let distance = 0;

  const three = (at: number) => data[at] | data[at + 1] << 8 | data[at + 2] << 16;
  const hash3 = (at: number) => Math.imul(three(at), HASH_FACTOR) >>> 32 - HASH_BITS_3;
  const hash4 = (at: number) => Math.imul(three(at) | data[at + 3] << 24, HASH_FACTOR) >>> 32 - HASH_BITS_4;

  /** Sets `length` and `distance` to the longest match at a place that is longer than `atLeast`, else `length` to 0. */
  const search = (at: number, atLeast: number) => {
    length = 0;
    if (at + 4 > end) { return; }
    for (; inserted < at; inserted++) {
      head3[hash3(inserted)] = inserted;
      const hash = hash4(inserted);
      earlier[inserted & WINDOW_BYTES - 1] = head4[hash];
      head4[hash] = inserted;
    }
    const oldest = Math.max(0, at - WINDOW_BYTES);
    const longest = Math.min(MAX_MATCH, end - at);
    let best = atLeast;

    if (best < MIN_MATCH) {
      const place = head3[hash3(at)];
      if (place >= oldest && at - place <= MAX_DISTANCE_OF_3 && three(place) === three(at)) {
        best = length = MIN_MATCH;
        distance = at - place;
      }
    }
    let place = head4[hash4(at)];
    for (let tries = MAX_CHAIN; place >= oldest && tries > 0; tries--) {
      // A longer match has the byte after the best one so far; most places fail there.
      if (data[place + best] === data[at + best] && data[place] === data[at] && data[place + 1] === data[at + 1]) {
        let same = 2;
        while (same < longest && data[place + same] === data[at + same]) { same++; }
        if (same > best && same > MIN_MATCH) {
          best = length = same;
          distance = at - place;
          if (same >= NICE_MATCH || same === longest) { return; }
        }
      }
      const next = earlier[place & WINDOW_BYTES - 1];
      if (next >= place) { return; }
      place = next;
    }
  };

  for (let at = start; at < end;) {
    search(at, MIN_MATCH - 1);
    if (length === 0) {
      tokens[count++] = data[at++];
      continue;
    }
    let [bestLength, bestDistance] = [length, distance];
    for (let ahead = 1; ahead <= 2 && bestLength < NICE_MATCH && at + ahead < end;) {
      search(at + ahead, bestLength - 1);
      // A byte more is worth about four bits, a bit of distance one; a literal costs more than it seems.
      const gain = length === 0 ? -1 : 4 * (length - bestLength) + Math.clz32(distance) - Math.clz32(bestDistance);
      if (gain > (ahead === 1 ? 2 : 6)) {
        for (; ahead > 0; ahead--) { tokens[count++] = data[at++]; }
        [bestLength, bestDistance] = [length, distance];
      }
      ahead++;
    }
    tokens[count++] = bestLength << LENGTH_SHIFT | bestDistance;
    at += bestLength;
  }
  return tokens.subarray(0, count);
}
