/** Where the files of the run-time world are. The only module that knows its own place on disk. */
import { join } from 'node:path';

const PACKAGE = join(__dirname, '..', '..', '..');

/** The folder of everything that runs outside synth. */
export const LAYERS_DIRECTORY = join(PACKAGE, 'layers');

/** The program that runs handlers, bundled. */
export const RUNTIME_DIRECTORY = join(LAYERS_DIRECTORY, 'runtime', 'dist');

/** The scripts of a layer: what the Lambda service starts, the entry of images, what gives other runtimes their secrets, a health check. */
export const NODEJS_SCRIPTS = ['bootstrap', 'entrypoint', 'exec-wrapper', 'health'].map(name => join(LAYERS_DIRECTORY, 'nodejs', name));

/** The scripts of the layer that reads secrets for runtimes that are not ours. */
export const SECRETS_SCRIPTS = ['bootstrap-with-secrets', 'exec-wrapper'].map(name => join(LAYERS_DIRECTORY, 'nodejs', name));

/** The Dockerfile of the Node.js layer and image, relative to the folder `layers`. */
export const NODEJS_DOCKERFILE = 'nodejs/Dockerfile';

/** The program that makes layers, bundled, and what it needs beside it. */
export const BUILDER_DIRECTORY = join(LAYERS_DIRECTORY, 'builder', 'dist');

/** The handler of functions that put records of streams and events of log groups into a queue, bundled. */
export const FORWARDER_DIRECTORY = join(LAYERS_DIRECTORY, 'forwarder', 'dist');

/** The handler of functions that start a run of a task or a job with each event, bundled. */
export const STARTER_DIRECTORY = join(LAYERS_DIRECTORY, 'starter', 'dist');
