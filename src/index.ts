// The whole public API, on one screen.
export { AddComputeOptions, HybridFunction, HybridFunctionProps } from './constructs/hybrid-function';
export { HybridFunctionOptions } from './model/hybrid-function-options';
export { BoundCompute } from './constructs/bound-compute';
export { Compute } from './computes/compute';
export { LambdaFunctionComputeProps } from './computes/lambda-function';
export { LambdaImageComputeProps } from './computes/lambda-image';
export { LambdaComputeProps } from './computes/lambda-settings';
export { ComputeConfig, ComputeContext, ICompute } from './model/compute';
export { EnvironmentKind, EnvironmentRule } from './model/environment-rule';
export { HandlerSecret, SecretsManagerOptions } from './model/handler-secret';
export { ITrigger, TriggerConfig, TriggerContext } from './model/trigger';
export { EventTargetOptions, HttpCors, HttpEventFormat, HttpTargetOptions, IEventTarget, IHttpTarget } from './model/trigger-target';
export { BundlingOptions, DirectoryOptions, HandlerCode, ModuleFormat, SourceMapMode } from './model/handler-code';
export { AdditionalFile, ContainerRuntimeProps, HandlerRuntime, RuntimeExtension } from './model/handler-runtime';
export { HandlerImage, HandlerImageProps } from './constructs/handler-image';
export { IHandlerImage } from './model/handler-image';
export { CustomRuntimeLayer, CustomRuntimeLayerOptions, CustomRuntimeLayerProps, DockerfileLayerProps, LayerBuildMethod } from './constructs/custom-runtime-layer';
export { Engine, NodejsChecksums } from './model/engine';
