import type * as tf from '@tensorflow/tfjs';
import { drawNoise, NOISES } from './noises';
import { drawMasks, isCell } from './recurrent-masks';
import { checkSeed, Next } from './stream';

/**
 * While it lasts, tfjs's layers that are random in training draw from the clock instead of the host: `dropout`, `spatialDropout1d`,
 * `alphaDropout`, `gaussianDropout`, `gaussianNoise`, and `dropout` and `recurrentDropout` of recurrent cells. So a compiled program
 * draws anew at every run, and all engines draw the same numbers, after a resume too. What they compute with them is what tfjs
 * computes, and nothing is changed outside of training.
 *
 * A stream is keyed by the run's seed, the tick, the layer's place among those of a model that are random, and how often the layer drew in
 * the pass before: names that tfjs made up, which differ between processes, do not count. A dropout layer's own `seed` takes the place of the run's; as in
 * Keras, and not in tfjs, its masks differ from step to step all the same.
 *
 * A cell that was given a `dropoutFunc` keeps it.
 *
 * @returns how to undo it, in reverse order.
 */
export function drawFromClock(layers: readonly tf.layers.Layer[]): (() => void)[] {
  const random = layers.filter((layer) => layer.getClassName() in NOISES || isCell(layer));
  return random.map((layer, index) => {
    const next = streamsOf(layer, index);
    return isCell(layer) ? drawMasks(layer, next) : drawNoise(layer, NOISES[layer.getClassName()]!, next);
  });
}

function streamsOf({ name }: tf.layers.Layer, index: number): Next {
  let draws = 0;
  return (seed) => ({
    name: `random layer ${index}, draw ${draws++}`,
    ...(seed === undefined || seed === null ? {} : { seed: checkSeed(seed, `layer "${name}"`) }),
  });
}
