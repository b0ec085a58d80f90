/** Defines how settings are read from an environment: checked, with a default, refused in one line. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that is not accepted. */
export class SettingError extends Error {
  constructor(name: string, given: string, accepted: string) {
    super(`'${name}' must be ${accepted}, got '${given}'`);
  }
}

/** A whole number; not set or empty is the default. */
export function integerSetting(environment: Environment, name: string, standard: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const given = environment[name];
  if (given === undefined || given === '') return standard;
  const value = Number(given);
  if (!/^\d+$/.test(given) || value < least || value > most) {
    throw new SettingError(name, given, most === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`);
  }
  return value;
}

/** One of several words; not set or empty is the default. */
export function choiceSetting<T extends string>(environment: Environment, name: string, choices: readonly T[], standard: T): T {
  const given = environment[name];
  if (given === undefined || given === '') return standard;
  if (!choices.includes(given as T)) throw new SettingError(name, given, `one of ${choices.join(', ')}`);
  return given as T;
}
