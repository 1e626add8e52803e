import type * as tf from '@tensorflow/tfjs';
import { gzippedLength } from '../../lib/analysis/gzipped-length';
import { quantizeModel, QuantizeModelOptions } from '../../lib/analysis/quantize-model';
import { UserError } from '../../lib/core/errors';
import { onnxBytes } from '../../lib/export/onnx/export-onnx';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { shrink } from '../../lib/structure/shrink';
import type { Phase } from './phase';

/** A number of layers, and what a model of so many takes. */
export interface LayersWithin {
  readonly layers: number;
  readonly bytes: number;
}

/**
 * The most layers, fewer than `count`, that take no more than so many bytes; one, where even that is more.
 *
 * @param bytesOf what a model of so many layers takes.
 */
export async function mostLayers(
  count: number,
  most: number,
  bytesOf: (layers: number) => Promise<number>,
): Promise<LayersWithin> {
  for (let layers = count - 1; ; layers--) {
    const bytes = await bytesOf(layers);
    if (bytes <= most || layers <= 1) return { layers, bytes };
  }
}

/** Layers that go so that those that stay are evenly spread, the first and the last among them; of one, the first stays. */
export function spareLayers(count: number, staying: number): number[] {
  const step = staying === 1 ? 0 : (count - 1) / (staying - 1);
  const stays = new Set(Array.from({ length: staying }, (_, i) => Math.round(i * step)));
  return Array.from({ length: count }, (_, layer) => layer).filter((layer) => !stays.has(layer));
}

/** The model of a phase with so many layers, cut out without training. */
export function fewerLayersPhase(seed: number, layers: number, after: Phase): Phase {
  return {
    label: { method: 'fewer-layers', role: 'control', seed },
    identity: { layers },
    after,
    handsOn: true,
    trains: false,
    attach: (model) => ({ end: () => withLayers(model, layers) }),
  };
}

const withLayers = (model: tf.LayersModel, layers: number): tf.LayersModel =>
  shrink(model, { layers: spareLayers(layersOf(model), layers) });

/** Bytes after gzip of a quantized model's file, with so many of a model's layers. */
export async function bytesOfLayers(
  model: tf.LayersModel,
  layers: number,
  options: QuantizeModelOptions,
): Promise<number> {
  const smaller = withLayers(model, layers);
  try {
    const quantized = await quantizeModel(smaller, options);
    const bytes = onnxBytes(quantized);
    quantized.model.dispose();
    return await gzippedLength(bytes);
  } finally {
    smaller.dispose();
  }
}

/** Of a BERT. */
export const layersOf = (model: tf.LayersModel): number => bertConfigOf(model).layers;

/** @throws UserError for a model that cannot lose a layer, or was not built by `bert`. */
export function expectSeveralLayers(model: tf.LayersModel): void {
  const layers = layersOf(model);
  if (layers > 1) return;
  throw new UserError(`Expected a model of at least 2 layers to compare with one of fewer, got ${layers}.`);
}
