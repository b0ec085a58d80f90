/** Defines where an object of S3 is, and how that is written in a setting: `s3://bucket/key`. */
import { SettingError, type Environment } from '../core/settings';

export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

/** Not set or empty: nothing. The key is taken as it is written, as the AWS CLI takes it. */
export function s3Setting(environment: Environment, name: string): S3Location | undefined {
  const given = environment[name];
  if (!given) return undefined;
  const match = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9])\/(.+)$/s.exec(given);
  if (!match) throw new SettingError(name, given, 's3://bucket/key');
  return { bucket: match[1], key: match[2] };
}
