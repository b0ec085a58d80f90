/** Sharing with other origins for Lambda functions, which no host answers for: by headers that the listener adds to its responses. */
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { HttpCors } from '../../model/trigger-target';
import { problem } from '../errors';

const MAX_BYTES = 1_024;

/**
 * Has the listener add the headers. They are fixed: one origin, whoever asks.
 * Source: "HTTP header modification" in the guide of Application Load Balancers, also for the limits of values.
 */
export function shareByListener(scope: Construct, listener: elbv2.IApplicationListener, cors: HttpCors): void {
  const { allowOrigins, allowMethods = [], allowHeaders = [], exposeHeaders = [], allowCredentials = false, maxAge } = cors;
  const unsupported = (property: string, given: string, accepted: string) => problem(scope, 'CORS_UNSUPPORTED', { property, given, accepted });
  if (!(listener instanceof elbv2.ApplicationListener)) {
    throw unsupported('cors', 'a value', 'not given for a Lambda function on an imported listener, whose attributes cannot be set from here');
  }
  const [origin, ...more] = allowOrigins;
  if (origin === undefined || more.length > 0 || origin === 'https://*' || origin === 'http://*') {
    throw unsupported('cors.allowOrigins', allowOrigins.join(', '), 'one exact origin or * for a Lambda function, for a load balancer says the same to everybody');
  }
  const values = {
    allow_origin: origin,
    allow_methods: allowMethods.join(','),
    allow_headers: allowHeaders.join(','),
    expose_headers: exposeHeaders.join(','),
    allow_credentials: allowCredentials ? 'true' : '',
    max_age: maxAge === undefined ? '' : `${maxAge.toSeconds()}`,
  };
  for (const [name, value] of Object.entries(values)) {
    if (value.length > MAX_BYTES) { throw unsupported('cors', `${value.length} bytes of ${name}`, `headers of at most ${MAX_BYTES} bytes for a Lambda function`); }
    if (value) { listener.setAttribute(`routing.http.response.access_control_${name}.header_value`, value); }
  }
}
