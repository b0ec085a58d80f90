// The whole public API, on one screen.
export { HybridFunction, HybridFunctionProps } from './constructs/hybrid-function';
export { Compute } from './computes/compute';
export { LambdaFunctionComputeProps } from './computes/lambda-function';
export { LambdaImageComputeProps } from './computes/lambda-image';
export { LambdaComputeProps } from './computes/lambda-settings';
export { ComputeConfig, ComputeContext, ICompute } from './model/compute';
export { BundlingOptions, DirectoryOptions, HandlerCode, ModuleFormat, SourceMapMode } from './model/handler-code';
export { AdditionalFile, ContainerRuntimeProps, HandlerRuntime, RuntimeExtension } from './model/handler-runtime';
export { HandlerImage, HandlerImageProps } from './constructs/handler-image';
export { IHandlerImage } from './model/handler-image';
export { CustomRuntimeLayer, CustomRuntimeLayerOptions, CustomRuntimeLayerProps, DockerfileLayerProps, LayerBuildMethod } from './constructs/custom-runtime-layer';
export { Engine, NodejsChecksums } from './model/engine';
