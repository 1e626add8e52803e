import { UserError } from '../../core/errors';
import type { HostTensor } from '../../core/host-tensor';
import type { GatherData } from '../gather';
import type { Measure } from './measure';

/** Options of {@link outputNoise}. */
export interface OutputNoiseOptions {
  /** Batches, without labels. Kept, with the model's answers, until the measure is done. */
  readonly data: GatherData;
}

/**
 * **Noise in the outputs**, as a share of the signal: `Σ (y − ŷ)² / Σ y²` over every number that the model answers with, y in floats
 * and ŷ quantized. In decibels, `decibels(loss)`, it is the signal-to-quantization-noise ratio; the shares of independent errors add
 * up, decibels do not. Needs no labels.
 *
 * Pandey et al., 2023 (arXiv:2302.05397) search mixed precision by it.
 *
 * @throws UserError (when it is opened) without data, and for outputs that are all 0.
 */
export function outputNoise({ data }: OutputNoiseOptions): Measure {
  return {
    name: 'output noise',
    async open(subject) {
      const kept: { readonly xs: Parameters<typeof subject.answer>[0]; readonly y: HostTensor }[] = [];
      for await (const xs of data) kept.push({ xs, y: await subject.answer(xs) });
      const power = kept.reduce((sum, { y }) => sum + squaredDistance(y), 0);
      if (!(power > 0)) throw noSignal(subject.model.name, kept.length);
      return {
        async lossOf() {
          let noise = 0;
          for (const { xs, y } of kept) noise += squaredDistance(y, await subject.answer(xs));
          return noise / power;
        },
      };
    },
  };
}

/** A share of noise as a signal-to-noise ratio in decibels, `−10 · log₁₀(share)`: 20 for a hundredth; Infinity for none. */
export function decibels(share: number): number {
  return share === 0 ? Infinity : -10 * Math.log10(share);
}

/** From another tensor of as many numbers, or from 0. */
function squaredDistance({ data }: HostTensor, other?: HostTensor): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i]! - (other?.data[i] ?? 0)) ** 2;
  return sum;
}

function noSignal(name: string, batches: number): UserError {
  return new UserError(
    batches === 0
      ? `Expected at least one batch to measure the outputs of "${name}" on, got none.`
      : `Expected outputs of "${name}" that are finite and not all 0, to measure noise against, on ${batches} batch(es).`,
  );
}
