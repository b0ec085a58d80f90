/** Defines the check of a handler's environment against its schema: which names must have a value, and of which kind. */

type Environment = Readonly<Record<string, string | undefined>>;

interface Rule {
  readonly required?: boolean;
  readonly kind?: string;
  readonly description?: string;
}

const KINDS: Readonly<Record<string, { readonly accepted: string; readonly fits: (value: string) => boolean }>> = {
  string: { accepted: 'a string', fits: () => true },
  number: { accepted: 'a number', fits: (value) => value.trim() !== '' && Number.isFinite(Number(value)) },
  integer: { accepted: 'a whole number', fits: (value) => /^[+-]?\d+$/.test(value) },
  boolean: { accepted: 'true or false', fits: (value) => value === 'true' || value === 'false' },
  json: { accepted: 'JSON', fits: isJson },
  url: { accepted: 'a URL', fits: (value) => URL.canParse(value) },
};

/** What is wrong, all in one line and without the values, which may be secrets; nothing when all is well. Not set and empty are the same. */
export function environmentViolations(json: string, environment: Environment): string | undefined {
  const rules = parsedRules(json);
  if (!rules) return 'HYBRID_ENVIRONMENT_SCHEMA must be a JSON object of names and rules';
  const violations = Object.entries(rules).flatMap(([name, rule]) => violationOf(name, rule, environment[name]) ?? []);
  return violations.length === 0 ? undefined : `the environment does not fit its schema: ${violations.join('; ')}`;
}

function parsedRules(json: string): Record<string, Rule> | undefined {
  try {
    const rules = JSON.parse(json) as Record<string, Rule>;
    return Object.values(rules).every((rule) => typeof rule === 'object' && rule !== null) ? rules : undefined;
  } catch {
    return undefined;
  }
}

function violationOf(name: string, { required = false, kind = 'string', description }: Rule, value: string | undefined): string | undefined {
  const about = description ? ` (${description.replace(/\s+/g, ' ')})` : '';
  if (!Object.hasOwn(KINDS, kind)) return `'${name}' has the kind '${kind}', which is none of ${Object.keys(KINDS).join(', ')}`;
  if (!value) return required ? `'${name}'${about} is required and has no value` : undefined;
  return KINDS[kind].fits(value) ? undefined : `'${name}'${about} must be ${KINDS[kind].accepted}`;
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
