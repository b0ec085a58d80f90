/** Defines what stands for the account and the region where nobody names them. */
import type { Environment } from './settings';

/** The account that the AWS Runtime Interface Emulator makes up. */
export const MADE_UP_ACCOUNT = '012345678912';

export const DEFAULT_REGION = 'us-east-1';

export function regionOf(environment: Environment): string {
  return environment.AWS_REGION || environment.AWS_DEFAULT_REGION || DEFAULT_REGION;
}
