/** What the value of an environment variable is. */
export enum EnvironmentKind {
  /** Any text. */
  STRING = 'string',
  /** A decimal number: `0.5`. */
  NUMBER = 'number',
  /** A whole number: `10`. */
  INTEGER = 'integer',
  /** `true` or `false`. */
  BOOLEAN = 'boolean',
  /** A JSON text. */
  JSON = 'json',
  /** An absolute URL. */
  URL = 'url',
}

/** What a variable of the environment must be, whether it comes from `environment` or from `secrets`. */
export interface EnvironmentRule {
  /**
   * Whether there must be a value.
   *
   * @default true
   */
  readonly required?: boolean;

  /**
   * The value where nobody gives one.
   *
   * @default - none
   */
  readonly defaultValue?: string;

  /**
   * What the value is.
   *
   * @default EnvironmentKind.STRING
   */
  readonly kind?: EnvironmentKind;

  /**
   * What the variable is for. Messages quote it.
   *
   * @default - none
   */
  readonly description?: string;
}
