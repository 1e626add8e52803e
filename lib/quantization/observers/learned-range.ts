import * as tf from '@tensorflow/tfjs';
import type { Trainable } from '../../core/attach';
import { configured } from '../../core/config';
import { isTracing } from '../../core/derived';
import { Clipping, quantizeInRange } from '../learned-quantize';
import { LEAST_SCALE, QParams, qparamsOf } from '../qparams';
import { codeRange, fixedZeroPoint, QuantSpec } from '../spec';
import { movingAverage } from './moving-average';
import type { Observer } from './observer';

/** Options of {@link learnedStep} and {@link learnedClip}. */
export interface LearnedRangeOptions {
  /** Finds the range to begin with, and says what it is for. Default `movingAverage()`: uint8, affine, its first batch's range. */
  readonly from?: Observer;
  /** What the learning rate is multiplied by for the range, at least 0. Default 1. */
  readonly rateFactor?: number;
}

/**
 * An activation's range whose step size is learned: LSQ (Esser et al., 2020, arXiv:1902.08153), for affine codes with its offset, as
 * LSQ+ (Bhalgat et al., 2020, arXiv:2004.09576). `quantizeInRange` has the gradients. The range begins where `from` has found it, in a
 * calibration, during a delayed start, or in the first batch.
 *
 * Of symmetric specs one `step` is learned, of affine ones the shares of the step above and below 0, `high` and `low`: the range is
 * `n · low … n · high` for n + 1 codes, the step `high - low`, and after a ReLU `low` is 0 and `high` the step of the paper.
 *
 * @example prepare(model, { weight: int8(perChannel()), range: 'learned', input: () => learnedStep() }); // lsq()
 */
export function learnedStep(options: LearnedRangeOptions = {}): Observer {
  return learnedRange('learnedStep', 'step', options);
}

/**
 * An activation's range whose ends are learned, and decay towards 0 as weights do: PACT (Choi et al., 2018, arXiv:1805.06085),
 *
 *     y = 0.5 (|x| − |x − α| + α), then uniform codes in [0, α];   dL/dα = Σ dL/dy over x ≥ α
 *
 * After a ReLU it is just that. Of other inputs the lower end is learned likewise, from what lies below it: a transformer's are signed.
 * α is kept as a step, `n · high` for n + 1 codes, so that an optimizer of weights suits it, and the decay is the optimizer's for weights.
 *
 * @example prepare(model, { weight: int8(perChannel()), input: () => learnedClip() }); // pact()
 */
export function learnedClip(options: LearnedRangeOptions = {}): Observer {
  return learnedRange('learnedClip', 'clip', options);
}

function learnedRange(
  name: string,
  by: Clipping,
  { from = movingAverage(), rateFactor = 1 }: LearnedRangeOptions,
): Observer {
  const { spec } = from;
  const edges = spec.symmetric ? symmetricEdges(spec) : affineEdges(spec);
  const begun = tf.tidy(() => tf.variable(tf.scalar(0), false));
  let begunInTrace: object | undefined; // where the variable has no value to read yet
  const hasBegun = () => (isTracing() && begun.dataId === begunInTrace) || begun.dataSync()[0] === 1;
  const trainable = (variable: tf.Variable): Trainable => ({ variable, rateFactor, decay: by === 'clip' });
  const observer: Observer = {
    spec,
    late: from.late,
    observe: (x) => from.observe(x),
    ...(from.observeRows ? { observeRows: (x, counts) => from.observeRows!(x, counts) } : {}),
    hasObserved: () => hasBegun() || from.hasObserved(),
    qparams: () => (hasBegun() ? edges.qparams() : from.qparams()),
    state: () => ({ ...from.state(), begun }),
    learned: {
      hasBegun,
      begin() {
        tf.tidy(() => {
          edges.take(from.qparams());
          begun.assign(begun.maximum(1));
        });
        begunInTrace = begun.dataId;
      },
      trainables: () => Object.fromEntries(edges.list.map(([name, edge]) => [name, trainable(edge)])),
      quantize: (x, { integer }) =>
        quantizeInRange(
          x,
          { variables: edges.list.map(([, edge]) => edge), ...edges },
          { spec, by, integer },
        ),
    },
    dispose() {
      from.dispose();
      tf.dispose([begun, ...edges.list.map(([, edge]) => edge)]);
    },
  };
  return configured(observer, name, { from: from.config, rateFactor });
}

/** What is trained of a range. */
interface Edges {
  readonly list: readonly (readonly [name: string, edge: tf.Variable])[];
  qparams(): QParams;
  /** Begins with this range. */
  take(qparams: QParams): void;
}

const zero = (): tf.Variable => tf.tidy(() => tf.variable(tf.scalar(0)));

function symmetricEdges(spec: QuantSpec): Edges {
  const step = zero();
  return {
    list: [['step', step]],
    qparams: () => ({
      scale: tf.tidy(() => step.abs().maximum(LEAST_SCALE)),
      zeroPoint: tf.scalar(fixedZeroPoint(spec)),
    }),
    take: ({ scale }) => step.assign(scale),
  };
}

function affineEdges(spec: QuantSpec): Edges {
  const [low, high] = [zero(), zero()];
  const [lowest, highest] = codeRange(spec);
  const codes = highest - lowest;
  const end = (code: number, { scale, zeroPoint }: QParams) =>
    tf.scalar(code).sub(zeroPoint).mul(scale).div(codes);
  return {
    list: [
      ['low', low],
      ['high', high],
    ],
    qparams: () => tf.tidy(() => qparamsOf({ lo: low.mul(codes), hi: high.mul(codes) }, spec)),
    take(qparams) {
      low.assign(end(lowest, qparams));
      high.assign(end(highest, qparams));
    },
  };
}
