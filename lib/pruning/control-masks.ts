import { globalDistribution } from './distribution';
import { countPruned, MaskSet, maskSet, sparsityOf } from './mask';
import { unstructured } from './pattern';
import { prune, PrunableWeight } from './prune';
import { randomSaliency } from './saliency';
import { statsOf } from './weight-statistics';

/**
 * Masks with as many zeros in all, drawn from all values alike: neither which weights are kept is the ticket's, nor how many in which layer.
 *
 * Chen et al., 2020 (arXiv:2007.12223).
 */
export function randomMasks(masks: MaskSet, seed: number): MaskSet {
  const weights = [...masks].map(([path, { length }]): [string, PrunableWeight] => [
    path,
    { data: new Float32Array(length), shape: [length] },
  ]);
  const [saliency, distribution] = [randomSaliency(seed), globalDistribution()];
  return prune(sparsityOf(masks), new Map(weights), new Map(), { saliency, distribution });
}

/**
 * Masks shuffled inside of every layer: as many zeros in each, anywhere. What is left of a ticket is how many weights which layer keeps.
 *
 * Frankle et al., 2021 (arXiv:2009.08576); Su et al., 2020 (arXiv:2009.11094).
 */
export function shuffledMasks(masks: MaskSet, seed: number): MaskSet {
  const scores = randomSaliency(seed);
  return maskSet(
    [...masks].map(([path, mask]) => {
      const [shape, data] = [[mask.length], new Float32Array(mask.length)];
      const drawn = scores({ path, shape, data, stats: statsOf(path, new Map()) });
      return [path, unstructured.mask(drawn, countPruned(mask), shape)];
    }),
  );
}
