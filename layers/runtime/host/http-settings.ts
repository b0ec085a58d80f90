/** Defines the settings of the HTTP source as the host reads them: refused in one line, and memory shared out. */
import { HostError } from './errors';
import { readHttpSettings, type HttpSettings } from '../sources/http/settings';

/** @param sources how many share the memory */
export function httpSettings(memoryMiB: number, sources: number): HttpSettings {
  try {
    return readHttpSettings(process.env, memoryMiB / sources);
  } catch (error) {
    throw new HostError('SETTING_INVALID', (error as Error).message);
  }
}
