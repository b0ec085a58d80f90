/** Defines the id of an invocation that comes without one: a random UUID (version 4). */
import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;
const random = new Uint8Array(1024 * ID_BYTES);
let used = random.length;

/** The text of the last id: the dashes stay. */
const text = Buffer.from('00000000-0000-4000-0000-000000000000');
/** Where the two digits of each byte stand. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const VERSION_PLACE = 14;
const VARIANT_BYTE = 8;
const VARIANT_PLACE = 19;
const DIGITS = Buffer.from('0123456789abcdef');
const FIRST_DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[Math.floor(byte / 16)]);
const SECOND_DIGITS = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[byte % 16]);
const VERSION = DIGITS[4];
const VARIANTS = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[8 + Math.floor(byte / 64)]);

/** In one piece: crypto.randomUUID() gives many, and to join them at their first use costs more than all the rest. */
export function newRequestId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  for (let index = 0; index < ID_BYTES; index++) {
    const byte = random[used + index];
    text[PLACES[index]] = FIRST_DIGITS[byte];
    text[PLACES[index] + 1] = SECOND_DIGITS[byte];
  }
  text[VERSION_PLACE] = VERSION;
  text[VARIANT_PLACE] = VARIANTS[random[used + VARIANT_BYTE]];
  used += ID_BYTES;
  return text.toString('latin1');
}
