/** Refuses sharing with other origins that browsers do not take, whoever answers them: a host, a listener or API Gateway. */
import type { Construct } from 'constructs';
import { problem } from './errors';
import type { HttpCors } from '../model/trigger-target';

/** What is wrong with CORS on each compute. */
export function checkCors(scope: Construct, { allowOrigins, allowCredentials = false }: HttpCors): void {
  if (allowOrigins.length === 0 || (allowCredentials && allowOrigins.includes('*'))) {
    throw problem(scope, 'CORS_UNSUPPORTED', {
      property: 'cors.allowOrigins',
      given: allowOrigins.join(', ') || 'none',
      accepted: allowCredentials ? 'exact origins with allowCredentials, for browsers refuse * with cookies' : 'at least one origin',
      mend: 'name the origins, e.g. https://example.com',
    });
  }
}
