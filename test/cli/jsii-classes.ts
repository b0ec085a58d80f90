/** Gives the functions of the library the names that jsii gives them when it compiles: the construct tree of an app then has them, as in a user's project. */
import * as library from '../../src';

/** The classes that are a HybridFunction. */
export const FUNCTIONS: readonly string[] = Object.entries(library).flatMap(([name, exported]) => {
  const isFunction = typeof exported === 'function' && (exported === library.HybridFunction || exported.prototype instanceof library.HybridFunction);
  if (!isFunction) return [];
  const fqn = `cdk-hybrid.${name}`;
  Object.defineProperty(exported, Symbol.for('jsii.rtti'), { value: { fqn, version: '0.0.0' } });
  return [fqn];
});
