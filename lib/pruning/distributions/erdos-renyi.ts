import { configured } from '../../core/config';
import { Distribution, heldUnits, prunedCount, SharedWeight } from '../distribution';
import { inProportion, sum } from './in-proportion';

/**
 * Erdős–Rényi: a weight's density is in proportion to `(in + out) / (in · out)`, its last two axes, so that small layers stay denser. Where that
 * is more than it has it stays dense, and the others share the rest. The total is exact.
 *
 * Mocanu et al., 2018 (arXiv:1707.04780).
 */
export function erdosRenyi(): Distribution {
  return configured(
    byDensity((shape) => shape.slice(-2)),
    'erdosRenyi',
  );
}

/**
 * Erdős–Rényi-kernel: as `erdosRenyi`, with all axes in it, `Σ shape / Π shape`: the height and width of a convolution, too. Of matrices it
 * is the same.
 *
 * Evci et al., 2020 (arXiv:1911.11134).
 */
export function erdosRenyiKernel(): Distribution {
  return configured(
    byDensity((shape) => shape),
    'erdosRenyiKernel',
  );
}

/** @param axesOf of a shape, those that count. */
function byDensity(axesOf: (shape: readonly number[]) => readonly number[]): Distribution {
  return (weights: readonly SharedWeight[], sparsity) => {
    const sizes = weights.map(({ scores }) => scores.length);
    const kept = inProportion(
      sum(sizes) - prunedCount(sparsity, sum(sizes)),
      weights.map(({ shape, scores }) => {
        const axes = axesOf(shape);
        const density = sum(axes) / axes.reduce((product, size) => product * size, 1);
        return { factor: density * scores.length, least: 0, most: scores.length - heldUnits(scores) };
      }),
    );
    return sizes.map((size, i) => size - kept[i]!);
  };
}
