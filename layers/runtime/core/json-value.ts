/** Defines what JSON makes of a handler's result, within Lambda's limit: as text, or without the detour over text where the result shows to be its own JSON. */
import { MAX_RESPONSE_BYTES, ResponseTooLarge } from './invoker';

/** Makes JSON text of a result, or throws. */
type Serialize = (result: unknown) => string;

/** Throws when the text is too large. */
export function limitedText(result: unknown, serialize: Serialize): string {
  const json = serialize(result);
  // No character takes more than three bytes.
  if (json.length > MAX_RESPONSE_BYTES / 3 && Buffer.byteLength(json) > MAX_RESPONSE_BYTES) throw new ResponseTooLarge();
  return json;
}

/** What JSON.parse() would give of the text. */
export function limitedValue(result: unknown, serialize: Serialize): unknown {
  const most = mostBytes(result, 2);
  if (most <= MAX_RESPONSE_BYTES) return result;
  const json = limitedText(result, serialize);
  return most === Infinity ? JSON.parse(json) : result;
}

/**
 * How long the text can be at most of a value that is its own JSON: plain objects of plain values. Infinite for any other, and for what is deeper
 * than `depth`: that takes the detour.
 */
function mostBytes(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
      return textBytes(value);
    case 'boolean':
      return 5;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? 25 : Infinity;
    case 'object':
      if (value === null) return 4;
      return depth > 0 && Object.getPrototypeOf(value) === Object.prototype ? memberBytes(value as Record<string, unknown>, depth - 1) : Infinity;
    default:
      return Infinity;
  }
}

function memberBytes(object: Record<string, unknown>, depth: number): number {
  if ('toJSON' in object) return Infinity;
  let bytes = 2;
  for (const key in object) bytes += textBytes(key) + 2 + mostBytes(object[key], depth);
  return bytes;
}

/** With quotation marks, each character as an escape. */
function textBytes(text: string): number {
  return 2 + 6 * text.length;
}
