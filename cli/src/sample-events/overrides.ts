/** Defines `--set a.b.0.c=value`: a value in the place of one that was made up. */
import { CliError } from '../errors';

/** @param pairs each `path=value`; a value that is JSON is that, any other one is text */
export function withValues(event: unknown, pairs: readonly string[]): unknown {
  return pairs.reduce((changed, pair) => {
    const [, path, text] = /^([^=]+)=([^]*)$/.exec(pair) ?? [];
    if (path === undefined) throw new CliError('SET_INVALID', `--set must be PATH=VALUE, got '${pair}'`);
    return withValue(changed, path.split('.'), valueOf(text), pair);
  }, event);
}

function withValue(within: unknown, [name, ...rest]: readonly string[], value: unknown, pair: string): unknown {
  if (name === undefined) return value;
  if (Array.isArray(within)) {
    const index = Number(name);
    // The next one is new.
    if (!/^\d+$/.test(name) || index > within.length) throw new CliError('SET_INVALID', `--set ${pair}: '${name}' must be a number from 0 to ${within.length}`);
    return Object.assign([...within as unknown[]], { [index]: withValue(within[index], rest, value, pair) });
  }
  if (within === undefined || within === null) return { [name]: withValue(undefined, rest, value, pair) };
  if (typeof within !== 'object') throw new CliError('SET_INVALID', `--set ${pair}: '${name}' would be in ${JSON.stringify(within)}, which is no object`);
  const entries = Object.entries(within).filter(([other]) => other !== name);
  const before = Object.entries(within).find(([other]) => other === name)?.[1] as unknown;
  // Not assigned: the name may be one that JavaScript takes for the prototype.
  const changed = Object.fromEntries([...entries, [name, withValue(before, rest, value, pair)]]);
  return before === undefined ? changed : Object.fromEntries(Object.keys(within).map((key) => [key, changed[key]]));
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
