import type { Construct } from 'constructs';
import { HybridFunction } from './hybrid-function';
import { Compute } from '../computes/compute';
import type { ProcessComputeProps } from '../computes/process';
import type { HybridFunctionOptions } from '../model/hybrid-function-options';

/** What a process is, and the ECS service that runs it. */
export interface ProcessServiceProps extends HybridFunctionOptions, ProcessComputeProps {}

/**
 * A handler on `Compute.process()`: an ECS service that starts it once and keeps it running.
 *
 * @example
 * new ProcessService(this, 'Mailer', { code: HandlerCode.fromEntry('src/mailer.ts'), memoryLimitMiB: 1024 });
 */
export class ProcessService extends HybridFunction {
  constructor(scope: Construct, id: string, props: ProcessServiceProps = {}) {
    super(scope, id, { ...props, compute: Compute.process(props) });
  }
}
