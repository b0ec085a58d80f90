/** What the name of a runtime that AWS manages says. */
import type * as lambda from 'aws-cdk-lib/aws-lambda';

/** Versions by language: `{ python: '3.12' }`. */
export type LanguageVersions = { readonly [language: string]: string };

/** Whether the runtime's language is among these, in that version or a later one. */
export function isAtLeast({ name }: lambda.Runtime, versions: LanguageVersions): boolean {
  const [, language = '', version = ''] = /^([a-z]+)([\d.]*)/.exec(name) ?? [];
  if (!Object.hasOwn(versions, language)) { return false; }
  const [major, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor = 0] = versions[language].split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/** For messages: `java21, python3.13`. */
export function languageNames(versions: LanguageVersions): string {
  return Object.entries(versions).map(([language, version]) => `${language}${version}`).join(', ');
}
