/** Writes tokens as DEFLATE blocks with codes of their own (RFC 1951, section 3.2.7). */
/* eslint-disable no-bitwise -- a stream of bits */
import { codeLengths, codes } from './huffman';

const END_OF_BLOCK = 256;
const LITERAL_SYMBOLS = 286;
const DISTANCE_SYMBOLS = 30;
const LENGTH_LIMIT = 15;
const LENGTH_CODE_LIMIT = 7;
/** The order in which the lengths of the codes for code lengths are written. */
const LENGTH_CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** What each further block costs beside its symbols: its codes. An estimate, in bits. */
const BLOCK_BITS = 700;
/** Blocks are joined of pieces of this many tokens. */
const PIECE_TOKENS = 512;

// The last symbol has no extra bits: the longest match is written in one go.
const LENGTH_BASES = [...basesOf(28, index => index < 4 ? 0 : (index >> 2) - 1, 3), 258];
const LENGTH_EXTRA = Uint8Array.from(LENGTH_BASES, (_, index) => index < 4 || index === 28 ? 0 : (index >> 2) - 1);
const DISTANCE_BASES = basesOf(DISTANCE_SYMBOLS, index => index < 2 ? 0 : (index >> 1) - 1, 1);
const DISTANCE_EXTRA = Uint8Array.from(DISTANCE_BASES, (_, index) => index < 2 ? 0 : (index >> 1) - 1);
const LENGTH_SYMBOLS = symbolsOf(LENGTH_BASES, 259);
const DISTANCE_SYMBOL_OF = symbolsOf(DISTANCE_BASES, 32769);

/** How often each symbol occurs in a stretch of tokens. */
class Histogram {
  static of(tokens: Uint32Array): Histogram {
    const histogram = new Histogram();
    for (const token of tokens) {
      const length = token >>> 16;
      if (length === 0) { histogram.literals[token]++; continue; }
      histogram.literals[257 + LENGTH_SYMBOLS[length]]++;
      histogram.distances[DISTANCE_SYMBOL_OF[token & 0xffff]]++;
    }
    histogram.literals[END_OF_BLOCK] = 1;
    return histogram.measured();
  }

  readonly literals = new Uint32Array(LITERAL_SYMBOLS);
  readonly distances = new Uint32Array(DISTANCE_SYMBOLS);
  /** The bits that the symbols take with codes made for them, about. */
  bits = 0;

  joined(other: Histogram): Histogram {
    const sum = new Histogram();
    for (let symbol = 0; symbol < LITERAL_SYMBOLS; symbol++) { sum.literals[symbol] = this.literals[symbol] + other.literals[symbol]; }
    for (let symbol = 0; symbol < DISTANCE_SYMBOLS; symbol++) { sum.distances[symbol] = this.distances[symbol] + other.distances[symbol]; }
    sum.literals[END_OF_BLOCK] = 1;
    return sum.measured();
  }

  private measured(): this {
    this.bits = entropyBits(this.literals) + entropyBits(this.distances);
    return this;
  }
}

/** Appends bits to bytes. */
class BitWriter {
  bytes: Uint8Array;
  length = 0;
  private pending = 0;
  private pendingBits = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /** At most 16 bits. */
  write(value: number, bits: number): void {
    this.pending |= value << this.pendingBits;
    this.pendingBits += bits;
    while (this.pendingBits >= 8) {
      if (this.length === this.bytes.length) { this.grow(); }
      this.bytes[this.length++] = this.pending;
      this.pending >>>= 8;
      this.pendingBits -= 8;
    }
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2 + 1024);
    larger.set(this.bytes);
    this.bytes = larger;
  }

  align(): void {
    if (this.pendingBits > 0) { this.write(0, 8 - this.pendingBits); }
  }
}

/**
 * Tokens as blocks. Unless they are the last ones they end with an empty stored block, so that the bytes of what
 * follows can be appended.
 */
export function encodeTokens(tokens: Uint32Array, isLast: boolean): Uint8Array {
  const output = new BitWriter(tokens.length * 2);
  const blocks = splitIntoBlocks(tokens);
  blocks.forEach(({ start, end, histogram }, index) => {
    writeBlock(output, tokens.subarray(start, end), histogram, isLast && index === blocks.length - 1);
  });
  if (!isLast) {
    output.write(0, 3);
    output.align();
    output.write(0x0000, 16);
    output.write(0xffff, 16);
  }
  output.align();
  return output.bytes.subarray(0, output.length);
}

interface Block { readonly start: number; readonly end: number; readonly histogram: Histogram }

/** A new block begins where codes of its own save more than they cost. */
function splitIntoBlocks(tokens: Uint32Array): Block[] {
  const blocks: Block[] = [];
  for (let start = 0; start < tokens.length || blocks.length === 0; start += PIECE_TOKENS) {
    const end = Math.min(start + PIECE_TOKENS, tokens.length);
    let block: Block = { start, end, histogram: Histogram.of(tokens.subarray(start, end)) };
    const before = blocks.at(-1);
    if (before) {
      const joined = before.histogram.joined(block.histogram);
      if (joined.bits <= before.histogram.bits + block.histogram.bits + BLOCK_BITS) {
        blocks.pop();
        block = { start: before.start, end, histogram: joined };
      }
    }
    blocks.push(block);
  }
  return blocks;
}

function writeBlock(output: BitWriter, tokens: Uint32Array, { literals, distances }: Histogram, isFinal: boolean): void {
  const literalLengths = codeLengths(literals, LENGTH_LIMIT);
  const distanceLengths = codeLengths(distances, LENGTH_LIMIT);
  const literalCodes = codes(literalLengths);
  const distanceCodes = codes(distanceLengths);

  output.write(isFinal ? 0b101 : 0b100, 3);
  writeCodes(output, literalLengths, distanceLengths);
  for (const token of tokens) {
    const length = token >>> 16;
    if (length === 0) {
      output.write(literalCodes[token], literalLengths[token]);
      continue;
    }
    const distance = token & 0xffff;
    const lengthSymbol = LENGTH_SYMBOLS[length];
    const distanceSymbol = DISTANCE_SYMBOL_OF[distance];
    output.write(literalCodes[257 + lengthSymbol], literalLengths[257 + lengthSymbol]);
    output.write(length - LENGTH_BASES[lengthSymbol], LENGTH_EXTRA[lengthSymbol]);
    output.write(distanceCodes[distanceSymbol], distanceLengths[distanceSymbol]);
    output.write(distance - DISTANCE_BASES[distanceSymbol], DISTANCE_EXTRA[distanceSymbol]);
  }
  output.write(literalCodes[END_OF_BLOCK], literalLengths[END_OF_BLOCK]);
}

/** The lengths of both codes, run-length encoded and then Huffman coded themselves. */
function writeCodes(output: BitWriter, literalLengths: Uint8Array, distanceLengths: Uint8Array): void {
  const literalCount = Math.max(257, lastUsed(literalLengths) + 1);
  const distanceCount = Math.max(1, lastUsed(distanceLengths) + 1);
  const runs = runsOf([...literalLengths.subarray(0, literalCount), ...distanceLengths.subarray(0, distanceCount)]);

  const frequencies = new Uint32Array(19);
  for (const { symbol } of runs) { frequencies[symbol]++; }
  const lengths = codeLengths(frequencies, LENGTH_CODE_LIMIT);
  const lengthCodes = codes(lengths);
  let count = LENGTH_CODE_ORDER.length;
  while (count > 4 && lengths[LENGTH_CODE_ORDER[count - 1]] === 0) { count--; }

  output.write(literalCount - 257, 5);
  output.write(distanceCount - 1, 5);
  output.write(count - 4, 4);
  for (const symbol of LENGTH_CODE_ORDER.slice(0, count)) { output.write(lengths[symbol], 3); }
  for (const { symbol, extra, extraBits } of runs) {
    output.write(lengthCodes[symbol], lengths[symbol]);
    output.write(extra, extraBits);
  }
}

interface Run { readonly symbol: number; readonly extra: number; readonly extraBits: number }

/** 16 repeats the length before 3 to 6 times, 17 and 18 are 3 to 10 and 11 to 138 zeros. */
function runsOf(lengths: number[]): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < lengths.length;) {
    const length = lengths[start];
    let end = start + 1;
    while (end < lengths.length && lengths[end] === length) { end++; }
    let left = end - start;
    start = end;
    if (length !== 0) { runs.push({ symbol: length, extra: 0, extraBits: 0 }); left--; }
    while (left >= 3) {
      const taken = Math.min(left, length !== 0 ? 6 : 138);
      if (length !== 0) {
        runs.push({ symbol: 16, extra: taken - 3, extraBits: 2 });
      } else if (taken > 10) {
        runs.push({ symbol: 18, extra: taken - 11, extraBits: 7 });
      } else {
        runs.push({ symbol: 17, extra: taken - 3, extraBits: 3 });
      }
      left -= taken;
    }
    for (; left > 0; left--) { runs.push({ symbol: length, extra: 0, extraBits: 0 }); }
  }
  return runs;
}

function lastUsed(lengths: Uint8Array): number {
  let symbol = lengths.length - 1;
  while (symbol >= 0 && lengths[symbol] === 0) { symbol--; }
  return symbol;
}

function entropyBits(frequencies: Uint32Array): number {
  let total = 0;
  let bits = 0;
  for (const frequency of frequencies) {
    if (frequency > 0) {
      total += frequency;
      bits -= frequency * Math.log2(frequency);
    }
  }
  return total === 0 ? 0 : bits + total * Math.log2(total);
}

/** The least value of each symbol, given how many extra bits each has. */
function basesOf(count: number, extraBits: (symbol: number) => number, first: number): number[] {
  const bases = [first];
  while (bases.length < count) { bases.push(bases.at(-1)! + (1 << extraBits(bases.length - 1))); }
  return bases;
}

/** The symbol of each value. */
function symbolsOf(bases: number[], end: number): Uint8Array {
  const symbols = new Uint8Array(end);
  bases.forEach((base, symbol) => symbols.fill(symbol, base));
  return symbols;
}
