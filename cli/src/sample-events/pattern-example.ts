/** Defines an example of what an event pattern matches: of each field the first value that it accepts. */
import type { Stack } from '../assembly';
import { textOf } from '../template-values';

/** Source: "Comparison operators for use in event patterns" in the Amazon EventBridge User Guide. */
export function patternExample(pattern: unknown, stack: Stack): unknown {
  if (Array.isArray(pattern)) return valueOf(pattern[0], stack);
  if (typeof pattern !== 'object' || pattern === null) return pattern;
  const { $or: alternatives, ...fields } = pattern as Record<string, unknown>;
  const first = Array.isArray(alternatives) ? patternExample(alternatives[0], stack) as object : {};
  const entries = Object.entries(fields).flatMap(([name, matcher]): [string, unknown][] => {
    const value = patternExample(matcher, stack);
    return value === undefined ? [] : [[name, name === 'resources' ? [value] : value]];
  });
  return { ...first, ...Object.fromEntries(entries) };
}

function valueOf(matcher: unknown, stack: Stack): unknown {
  if (typeof matcher !== 'object' || matcher === null) return matcher;
  const [[name, value] = []] = Object.entries(matcher);
  switch (name) {
    case 'prefix': case 'suffix': return typeof value === 'object' ? Object.values(value as object)[0] : value;
    case 'equals-ignore-case': return value;
    case 'wildcard': return String(value).replace(/\*/g, '');
    case 'numeric': return number(value as unknown[]);
    case 'exists': return value === true ? 'example' : undefined;
    case 'cidr': return String(value).split('/')[0];
    case 'anything-but': return 'example';
    default: return textOf(matcher, stack) ?? 'example';
  }
}

/** `['>', 0, '<=', 5]` */
function number([operator, bound]: unknown[]): number {
  const value = Number(bound);
  return operator === '>' ? value + 1 : operator === '<' ? value - 1 : value;
}
