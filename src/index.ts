// The whole public API, on one screen.
export { HybridFunction, HybridFunctionProps } from './constructs/hybrid-function';
export { Compute } from './computes/compute';
export { LambdaFunctionComputeProps } from './computes/lambda-function';
export { ComputeConfig, ComputeContext, ICompute } from './model/compute';
export { BundlingOptions, DirectoryOptions, HandlerCode, ModuleFormat, SourceMapMode } from './model/handler-code';
export { HandlerRuntime } from './model/handler-runtime';
export { CustomRuntimeLayer, CustomRuntimeLayerOptions, CustomRuntimeLayerProps, DockerfileLayerProps, LayerBuildMethod } from './constructs/custom-runtime-layer';
export { Engine, NodejsChecksums } from './model/engine';
