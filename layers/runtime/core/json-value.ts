/** Defines what JSON makes of a value, without the detour over text where that shows to be the value itself. */

/**
 * @param value what a handler returned
 * @param serialize gives its JSON text, or throws
 */
export function jsonValue(value: unknown, serialize: (value: unknown) => string): unknown {
  return isJson(value, 2) ? value : JSON.parse(serialize(value));
}

/** Whether a value is its own JSON: plain objects of plain values. Stops at `depth`: what is deeper takes the detour. */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      if (value === null) return true;
      return depth > 0 && Object.getPrototypeOf(value) === Object.prototype && hasJsonMembers(value as Record<string, unknown>, depth - 1);
    default:
      return false;
  }
}

function hasJsonMembers(object: Record<string, unknown>, depth: number): boolean {
  if ('toJSON' in object) return false;
  for (const key in object) {
    if (!isJson(object[key], depth)) return false;
  }
  return true;
}
