/** The image of a function: one for all of its computes. */
import type { Construct } from 'constructs';
import { handlerImage } from './handler-image-asset';
import type { ComputeContext } from '../../model/compute';
import type { IHandlerImage } from '../../model/handler-image';
import { handlerFiles } from '../code/handler-code-asset';
import { containerEnvironment } from '../environment/container-environment';
import { problem } from '../errors';

const MADE = new WeakMap<Construct, IHandlerImage>();

/**
 * The image that a compute runs, with the handler and the environment of that compute.
 *
 * @param given an image that the user has made; it must be what the function says
 */
export function functionImage(context: ComputeContext, given?: IHandlerImage): IHandlerImage {
  if (given) { checkSame(given, context); }
  const image = given ?? madeOnce(context);
  const { owner, runtime, handler, stage } = context;
  return {
    asset: image.asset,
    code: image.code,
    runtime: image.runtime,
    architecture: image.architecture,
    handler,
    environment: { ...image.environment, ...containerEnvironment(owner, runtime, handler, stage ?? image.environment.STAGE) },
  };
}

/** Under the function and not under its compute, so that computes share it. */
function madeOnce(context: ComputeContext): IHandlerImage {
  const { owner } = context;
  const made = MADE.get(owner);
  if (!made) {
    const image = handlerImage(owner, { ...context, startsHandler: false });
    MADE.set(owner, image);
    return image;
  }
  // Each compute may have a handler of its own, whose file must be there.
  if (context.code && context.handler !== made.handler) { handlerFiles(owner, context); }
  return made;
}

/** What a function says beside its image must be what the image is. */
function checkSame(image: IHandlerImage, { owner, code, runtime, architecture }: ComputeContext): void {
  const conflict = (property: string, given: string, accepted: string) => problem(owner, 'IMAGE_CONFLICT', { property, given, accepted });
  if (code && code !== image.code) { throw conflict('code', code._path, 'that of the image, or not given'); }
  if (!runtime.equalTo(image.runtime)) { throw conflict('runtime', runtime.name, `that of the image, ${image.runtime.name}, or not given`); }
  if (architecture.name !== image.architecture.name) { throw conflict('architecture', architecture.name, `that of the image, ${image.architecture.name}, or not given`); }
}
