import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Engine } from './engine';

/** A file or folder that a Dockerfile can copy. */
export interface AdditionalFile {
  /**
   * The file or folder, relative to the working directory of the app and inside it. What a link inside of it points to
   * must be in the working directory too.
   */
  readonly source: string;

  /** Where the build context has it: a relative path; with a `/` at its end the folder that it is put into. */
  readonly destination: string;
}

/** What an extended runtime has beside Node.js and our program. */
export interface RuntimeExtension {
  /**
   * The image that the runtime is put on: any distribution with glibc and `/bin/sh`, such as Debian, Ubuntu, Amazon Linux
   * or an image of your own, by tag or digest. Nothing but a container engine that builds needs to reach it.
   *
   * @default - that of the runtime that is extended; in the end Debian 12, `public.ecr.aws/docker/library/debian:bookworm-slim`
   */
  readonly baseImage?: string;

  /**
   * Instructions of a Dockerfile, without `FROM`: `RUN apt-get update && apt-get install -y ffmpeg`. They run as root,
   * before our files and the code are there: a new version of either does not repeat them.
   *
   * @default - none
   */
  readonly instructions?: string[];

  /**
   * A file with such instructions, relative to the working directory of the app. They come before `instructions`.
   *
   * @default - none
   */
  readonly file?: string;

  /**
   * Files that the instructions may copy.
   *
   * @default - none
   */
  readonly additionalFiles?: AdditionalFile[];

  /**
   * Values for `ARG` instructions, known at synth. They stay readable in the image: no place for secrets.
   *
   * @default - none
   */
  readonly buildArgs?: { [name: string]: string };
}

/** A runtime that is an image of your own. */
export interface ContainerRuntimeProps {
  /**
   * The Dockerfile, relative to `path`, or without one to the working directory of the app.
   */
  readonly dockerfile: string;

  /**
   * A folder whose files are in the build context, relative to the working directory of the app. Its `.dockerignore` counts.
   *
   * @default - the build context has the code in `code/`, and the additional files
   */
  readonly path?: string;

  /**
   * What the container starts, for a Dockerfile that says `ENTRYPOINT $ENTRYPOINT`: the value of the environment variable
   * `ENTRYPOINT`.
   *
   * @default - the file of the handler; empty without a handler
   */
  readonly entrypoint?: string;

  /**
   * Files that are in the build context as well.
   *
   * @default - none
   */
  readonly additionalFiles?: AdditionalFile[];

  /**
   * Values for `ARG` instructions, known at synth. They stay readable in the image: no place for secrets.
   *
   * @default - none
   */
  readonly buildArgs?: { [name: string]: string };

  /**
   * The stage of the Dockerfile that is the image.
   *
   * @default - the last one
   */
  readonly target?: string;

  /**
   * Whether the Dockerfile takes our host: `COPY --from=cdk-hybrid /opt /opt`, with the entry
   * `ENTRYPOINT ["/opt/cdk-hybrid/entrypoint", "--", "a", "bootstrap"]`. A bootstrap is any command that is a client of the
   * Lambda Runtime API; the host calls it wherever Lambda does not.
   *
   * @default false - nothing of ours is there
   */
  readonly host?: boolean;
}

/**
 * How the code of a handler is started: an engine and a bootstrap.
 *
 * The `NODEJS_*` runtimes are ours: the pinned Node.js engine and our bootstrap, as a custom runtime layer or in an image.
 * The `AWS_*` runtimes are those that AWS manages; they exist on `Compute.lambdaFunction()` only.
 */
export class HandlerRuntime {
  /** Node.js 20 with our bootstrap. */
  public static readonly NODEJS_20 = HandlerRuntime.nodejs(Engine.NODEJS_20);
  /** Node.js 22 with our bootstrap. */
  public static readonly NODEJS_22 = HandlerRuntime.nodejs(Engine.NODEJS_22);
  /** Node.js 24 with our bootstrap. */
  public static readonly NODEJS_24 = HandlerRuntime.nodejs(Engine.NODEJS_24);
  /** Node.js 26 with our bootstrap. */
  public static readonly NODEJS_26 = HandlerRuntime.nodejs(Engine.NODEJS_26);

  /** AWS's managed Node.js 20. */
  public static readonly AWS_NODEJS_20 = HandlerRuntime.managed(lambda.Runtime.NODEJS_20_X);
  /** AWS's managed Node.js 22. */
  public static readonly AWS_NODEJS_22 = HandlerRuntime.managed(lambda.Runtime.NODEJS_22_X);
  /** AWS's managed Node.js 24. */
  public static readonly AWS_NODEJS_24 = HandlerRuntime.managed(lambda.Runtime.NODEJS_24_X);

  /**
   * Our Node.js runtime on an engine of your choice.
   *
   * @param engine the Node.js engine, e.g. `Engine.nodejs('24.21.0')`
   */
  public static nodejs(engine: Engine): HandlerRuntime {
    return new HandlerRuntime(`${engine.name}-${engine.version}`, { engine });
  }

  /**
   * A runtime that AWS manages, in any language.
   *
   * @param runtime the Lambda runtime
   */
  public static managed(runtime: lambda.Runtime): HandlerRuntime {
    return new HandlerRuntime(runtime.name, { managed: runtime });
  }

  /**
   * A custom runtime of your own: a layer with an executable `bootstrap`, such as the `layerVersion` of a
   * `CustomRuntimeLayer` or any other `lambda.LayerVersion`. Runs on `provided.al2023`.
   *
   * @param layer the layer
   */
  public static custom(layer: lambda.ILayerVersion): HandlerRuntime {
    return new HandlerRuntime('custom', { layer });
  }

  /**
   * A runtime that is an image of your own Dockerfile: any language, any program. Runs on computes that run images.
   *
   * @param props the Dockerfile, and what it needs
   */
  public static container(props: ContainerRuntimeProps): HandlerRuntime {
    return new HandlerRuntime('container', { container: props });
  }

  private constructor(
    /** The name of the runtime, for messages: `nodejs-24.21.0`, `nodejs24.x`, `custom`, `container`. */
    public readonly name: string,
    /** @internal */ public readonly _parts: RuntimeParts,
  ) {}

  /**
   * This runtime on another base image, with programs, fonts or whatever else a handler needs. An extended runtime can be
   * extended again. It runs on computes that run images.
   *
   * Only for our own runtimes: the Dockerfile of a container is extended in place.
   *
   * @param extension what it has beside Node.js
   */
  public extend(extension: RuntimeExtension): HandlerRuntime {
    const extensions = [...this._parts.extensions ?? [], extension];
    return new HandlerRuntime(this.name.replace(/(-extended)?$/, '-extended'), { ...this._parts, extensions });
  }

  /**
   * Whether the other runtime is made of the same parts.
   *
   * @param other the runtime to compare with
   */
  public equalTo(other: HandlerRuntime): boolean {
    const described = ({ _parts: { engine, managed, layer: _layer, ...values } }: HandlerRuntime) =>
      JSON.stringify([engine?.toString(), engine?._checksums, managed?.name, values]);
    return this._parts.layer === other._parts.layer && described(this) === described(other);
  }
}

/**
 * What a runtime is made of; exactly one of engine, managed, layer and container is set.
 *
 * @internal
 */
export interface RuntimeParts {
  readonly engine?: Engine;
  readonly managed?: lambda.Runtime;
  readonly layer?: lambda.ILayerVersion;
  readonly container?: ContainerRuntimeProps;
  /** First to last. */
  readonly extensions?: RuntimeExtension[];
}
