import type * as tf from '@tensorflow/tfjs';
import type { GatherData } from '../lib/analysis/gather';
import { decibels, outputNoise } from '../lib/analysis/measures/output-noise';
import { sensitivity } from '../lib/analysis/sensitivity/sensitivity';
import type { Rules } from '../lib/compress/rules';
import { applyRules } from '../lib/compress/rules';
import type { Scheme } from '../lib/compress/scheme';
import { pathsOfLayers } from '../lib/core/weights';

/** How much of a score may be lost by default, of a metric whose best is 1. */
export const ALLOWED_LOSS = 0.02;

/** A layer, and how much of the model's output its quantization alone leaves. */
export interface Suspect {
  /** Of the layer, as rules match it. */
  readonly path: string;
  /** Signal-to-quantization-noise ratio of the model's outputs with this layer alone quantized; 20 is noise of a tenth. */
  readonly decibels: number;
}

/** Layers that are named at most. */
const NAMED = 3;

/**
 * The layers whose quantization disturbs a model's outputs most, the worst first: those to skip where a quantized model is much worse
 * than the float one, as happens to transformers with large outliers (microsoft/onnxruntime #9599).
 *
 * @param model in floats, not prepared.
 * @param data batches, without labels.
 */
export async function suspects(
  model: tf.LayersModel,
  rules: Rules,
  data: GatherData,
): Promise<readonly Suspect[]> {
  const uses = applyRules(rules, [...new Set(pathsOfLayers(model).values())]);
  const schemes = [...new Set([...uses.values()])].filter(isScheme);
  const named = Object.fromEntries(schemes.map((scheme, i) => [`${i}`, scheme]));
  const table = await sensitivity(model, {
    schemes: named,
    measure: outputNoise({ data }),
    calibration: data,
  });
  return table.rows
    .filter(({ paths, choice }) => paths.some((path) => uses.get(path) === named[choice]))
    .map(({ group, loss }) => ({ path: group, decibels: decibels(loss) }))
    .sort((one, other) => one.decibels - other.decibels)
    .slice(0, NAMED);
}

const isScheme = (use: Scheme | 'skip' | undefined): use is Scheme => use !== undefined && use !== 'skip';

/** What to say of a quantized model that lost more than is allowed. */
export function describeCollapse(
  { metric, before, after }: { readonly metric: string; readonly before: number; readonly after: number },
  worst: readonly Suspect[],
): string {
  const layers = worst.map(({ path, decibels: ratio }) => `${path} (${ratio.toFixed(1)} dB)`).join(', ');
  return (
    `QUANTIZATION COSTS TOO MUCH: ${metric} fell from ${before.toFixed(4)} to ${after.toFixed(4)}. ` +
    `The outputs suffer most from ${layers}: leave these in floats, or repair.`
  );
}
