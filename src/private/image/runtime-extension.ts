/** What may be extended: our own runtimes. */
import type { IConstruct } from 'constructs';
import type { HandlerRuntime } from '../../model/handler-runtime';
import { problem } from '../errors';

/** Refuses an extension of what is not ours: where a value is made there is no construct that an error could name. */
export function checkExtensions(scope: IConstruct, { name, _parts: { engine, extensions } }: HandlerRuntime): void {
  if (extensions && !engine) {
    throw problem(scope, 'RUNTIME_NOT_EXTENDABLE', {
      property: 'runtime', given: name, accepted: 'an extension of HandlerRuntime.NODEJS_20 to NODEJS_26 or HandlerRuntime.nodejs()',
    });
  }
}
