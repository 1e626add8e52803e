import { ok } from 'node:assert';
import * as tf from '@tensorflow/tfjs';
import { seededRandom } from '../../lib/core/random';
import { entropy } from '../../lib/quantization/observers/entropy';
import { histogram } from '../../lib/quantization/observers/histogram';
import { minMax } from '../../lib/quantization/observers/min-max';
import { movingAverage } from '../../lib/quantization/observers/moving-average';
import type { Observer } from '../../lib/quantization/observers/observer';
import { percentile } from '../../lib/quantization/observers/percentile';
import { QuantSpec, uint8 } from '../../lib/quantization/spec';
import { askPython, inFolder } from './ask-python';

export const name = 'observers';

/** The 255 codes that torch is asked for. */
const SYMMETRIC: QuantSpec = { ...uint8(), signed: true, symmetric: true, narrowRange: true };
const SPECS = [uint8(), SYMMETRIC] as const;
const MAKERS = { minMax, movingAverage, histogram } as const;

interface Case {
  readonly kind: string;
  readonly batches: number[][];
}

interface Answer {
  /** Scale and zero point, affine and symmetric. */
  readonly torch: Readonly<Record<keyof typeof MAKERS, readonly (readonly [number, number])[]>>;
  readonly percentile: readonly [number, number];
  readonly percentileSymmetric: number;
  readonly entropy: number;
  readonly onnxruntime: Readonly<
    Record<'percentile' | 'percentileSymmetric' | 'entropy', readonly [number, number]>
  > | null;
}

/**
 * Compares ranges with those of torch's observers, onnxruntime's calibrators and numpy on several distributions, each in one batch and
 * in four.
 */
export async function check(python: string): Promise<string> {
  await tf.setBackend('cpu');
  const cases = casesOf();
  const answers = inFolder((folder) => askPython(python, 'observers.py', folder, { cases }) as Answer[]);
  const worst = new Map<string, number>();
  const note = (what: string, error: number) => worst.set(what, Math.max(worst.get(what) ?? 0, error));
  cases.forEach((each, i) => compare(each, answers[i]!, note));
  const limits: Record<string, number> = LIMITS;
  for (const [what, error] of worst) ok(error <= limits[what]!, `${what} differs by ${error}`);
  const told = [...worst].map(([what, error]) => `${what} ${error.toExponential(1)}`);
  return `most relative differences of scales and thresholds: ${told.join(', ')}`;
}

/**
 * What differs: of the search in torch, where in a bin of 2⁻⁸ values are, and, in several batches, its merged histograms; of quantiles,
 * the bin too, and that numpy goes from value to value where tails are thin; of onnxruntime, a bin of its own, and in its entropy whole
 * counts and levels that are whole bins.
 */
const LIMITS = {
  'torch minMax': 1e-6,
  'torch movingAverage': 1e-6,
  'torch histogram, one batch': 0.02,
  'torch histogram, four batches': 0.04,
  'numpy percentile': 0.015,
  'numpy entropy': 0.05, // the divergence is flat around its least
  'onnxruntime percentile': 0.01,
  'onnxruntime entropy': 0.25,
} as const;

type Note = (what: keyof typeof LIMITS, error: number) => void;

const relative = (a: number, b: number): number => Math.abs(a - b) / Math.abs(b);

function compare({ batches }: Case, answer: Answer, note: Note): void {
  const observed = <O extends Observer>(observer: O): O => {
    batches.forEach((batch) => observer.observe(tf.tensor1d(batch)));
    return observer;
  };
  for (const [which, make] of Object.entries(MAKERS)) {
    SPECS.forEach((spec, i) => {
      const [scale] = observed(make({ spec })).qparams().scale.dataSync();
      const what =
        which === 'histogram'
          ? (`histogram, ${batches.length === 1 ? 'one batch' : 'four batches'}` as const)
          : which;
      note(
        `torch ${what}` as keyof typeof LIMITS,
        relative(scale!, answer.torch[which as keyof typeof MAKERS][i]![0]),
      );
    });
  }
  const affine = observed(percentile({ percent: 99.9 })).range();
  const symmetric = observed(percentile({ percent: 99.9, spec: SYMMETRIC })).range();
  const threshold = observed(entropy({ spec: SYMMETRIC })).range().hi;
  const ends = [affine.lo, affine.hi, symmetric.hi];
  [...answer.percentile, answer.percentileSymmetric].forEach((end, i) => {
    if (end !== 0) note('numpy percentile', relative(ends[i]!, end));
  });
  note('numpy entropy', relative(threshold, answer.entropy));
  if (!answer.onnxruntime) return;
  const theirs = [...answer.onnxruntime.percentile, answer.onnxruntime.percentileSymmetric[1]];
  theirs.forEach((end, i) => end !== 0 && note('onnxruntime percentile', relative(ends[i]!, end)));
  note('onnxruntime entropy', relative(threshold, Math.max(...answer.onnxruntime.entropy.map(Math.abs))));
}

function casesOf(): Case[] {
  const random = seededRandom(5, 'observers');
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const laplace = () => -Math.log(1 - random()) * Math.sign(random() - 0.5);
  const draw = (of: () => number) => Array.from({ length: 40_000 }, () => Math.fround(of()));
  const kinds = { normal: draw(normal), laplace: draw(laplace), uniform: draw(() => 2 * random() - 1) };
  return Object.entries(kinds).flatMap(([kind, values]) => [
    { kind, batches: [values] },
    { kind, batches: [0, 1, 2, 3].map((i) => values.slice(10_000 * i, 10_000 * (i + 1))) },
  ]);
}
