import * as tf from '@tensorflow/tfjs';
import { BINS, count, FloatHistogram, floatHistogram } from './float-histogram';

/** A histogram on the host, and the variables by which checkpoints keep it. */
export interface KeptHistogram {
  add(values: Float32Array): void;
  /** As it is: also after another state was assigned to the variables. */
  read(): FloatHistogram;
  /** Another number after every change. */
  revision(): number;
  /** Variables that hold what was counted up to now; what is assigned to them counts from then on. */
  state(): Record<'counts' | 'extremes', tf.Variable>;
  dispose(): void;
}

export function keptHistogram(): KeptHistogram {
  const histogram = floatHistogram();
  let revision = 0;
  let written:
    { readonly variables: Variables; readonly revision: number; readonly ids: object[] } | undefined;
  const takeAssigned = () => {
    if (!written || idsOf(written.variables).every((id, i) => id === written!.ids[i])) return;
    load(histogram, written.variables);
    written = { variables: written.variables, revision: ++revision, ids: idsOf(written.variables) };
  };
  return {
    add(values) {
      takeAssigned();
      count(histogram, values);
      revision++;
    },
    read() {
      takeAssigned();
      return histogram;
    },
    revision() {
      takeAssigned();
      return revision;
    },
    state() {
      takeAssigned();
      const variables = written?.variables ?? makeVariables();
      if (written?.revision !== revision) store(histogram, variables);
      written = { variables, revision, ids: idsOf(variables) };
      return variables;
    },
    dispose: () => tf.dispose({ ...written?.variables }),
  };
}

type Variables = Record<'counts' | 'extremes', tf.Variable>;

/** `assign` gives a variable another data id. */
const idsOf = ({ counts, extremes }: Variables): object[] => [counts.dataId, extremes.dataId];

function makeVariables(): Variables {
  return tf.tidy(() => ({
    counts: tf.variable(tf.zeros([2, BINS], 'int32'), false),
    extremes: tf.variable(tf.zeros([2]), false),
  }));
}

/** Counts go beyond int32: they are kept as `low + 2³⁰ · high`. */
const DIGIT = 2 ** 30;

function store({ counts, lo, hi }: FloatHistogram, variables: Variables): void {
  const digits = new Int32Array(2 * BINS);
  counts.forEach((n, bin) => {
    digits[bin] = n % DIGIT;
    digits[BINS + bin] = Math.floor(n / DIGIT);
  });
  tf.tidy(() => {
    variables.counts.assign(tf.tensor2d(digits, [2, BINS], 'int32'));
    variables.extremes.assign(tf.tensor1d([lo, hi]));
  });
}

function load(histogram: FloatHistogram, variables: Variables): void {
  const digits = variables.counts.dataSync();
  histogram.counts.forEach((_, bin) => {
    histogram.counts[bin] = digits[bin]! + DIGIT * digits[BINS + bin]!;
  });
  [histogram.lo, histogram.hi] = variables.extremes.dataSync() as unknown as [number, number];
}
