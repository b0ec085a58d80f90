/** What is known of the layers that this library makes, for the functions that use them. */
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Engine } from '../../model/engine';

/** Layers made elsewhere have no notes. */
export interface LayerNotes {
  readonly unzippedBytes?: number;
  readonly architecture: lambda.Architecture;
  /** Not known of a layer of the user's own Dockerfile. */
  readonly engine?: Engine;
  /** Set: its bootstrap is the user's. */
  readonly ownBootstrap?: OwnBootstrap;
}

/** Where the user's bootstrap is. */
export interface OwnBootstrap {
  /** The path of the file, */
  readonly bootstrap?: string;
  /** or of the zip of a layer that has it; neither where this synth builds nothing. */
  readonly bootstrapOf?: string;
}

/** A registered symbol, so that two copies of this library in one app see each other's layers. */
const NOTES = Symbol.for('cdk-hybrid.layerNotes');

export function noteLayer(layer: lambda.ILayerVersion, notes: LayerNotes): void {
  Object.defineProperty(layer, NOTES, { value: notes });
}

export function layerNotes(layer: lambda.ILayerVersion | undefined): LayerNotes | undefined {
  return (layer as { [NOTES]?: LayerNotes } | undefined)?.[NOTES];
}
