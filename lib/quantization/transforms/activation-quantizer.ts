import * as tf from '@tensorflow/tfjs';
import type { Pass } from '../../core/attach';
import { UserError } from '../../core/errors';
import { fakeQuantize } from '../fake-quantize';
import { perTensor } from '../granularity';
import { movingAverage } from '../observers/moving-average';
import type { Observer } from '../observers/observer';
import {
  InputQuantizer,
  observes,
  onceAPass,
  QuantizerOptions,
  quantizes,
  revisionOfQuantizer,
} from './quantizer';

export interface ActivationQuantizerOptions extends QuantizerOptions {
  /** Where it stands, for error messages. */
  readonly name: string;
  /** Watches the activation and gives its range, of a spec that is per tensor. Default `movingAverage()`: uint8, constant 0.01. */
  readonly observer?: Observer;
}

export interface ActivationQuantizer extends InputQuantizer {
  readonly observer: Observer;
  /** Which rows of what it watches count, [..., 1], as long as a calibration says so; all by default. */
  counts?: (x: tf.Tensor) => tf.Tensor | undefined;
}

/**
 * Fake-quantizes an activation. In training and calibration, where its mode observes, it first takes the batch into account, and
 * quantizes with the range that results, as torch's `FakeQuantize` does; in inference with the range as it is. An observer that counts on
 * the host (`late`) hears of the batch after the step: in training it quantizes with the range of what it saw before, and needs to have
 * been calibrated.
 *
 * A range that is learned is observed until training first quantizes with it, in its first batch if not before, and trained from then on.
 *
 * One tensor, one quantizer: attached to several layers that consume the same tensor (query, key, value), it observes and
 * quantizes that tensor once per forward pass.
 *
 * @throws UserError for an observer whose spec is not per tensor, and in a forward pass that needs a range before anything was observed.
 */
export function activationQuantizer({
  name,
  observer = movingAverage(),
  integer = true,
}: ActivationQuantizerOptions): ActivationQuantizer {
  expectPerTensor(name, observer);
  const quantize = onceAPass();
  const quantizer: ActivationQuantizer = {
    name,
    observer,
    spec: observer.spec,
    elementwise: true,
    mode: 'both',
    integer,
    get revision() {
      const revision = revisionOfQuantizer(quantizer);
      return observer.learned?.hasBegun() ? `${revision}, learned` : revision;
    },
    apply: (value, pass) => quantize(value, () => quantizeOnce(quantizer, value, pass)),
    ...(observer.learned ? { trainables: () => observer.learned!.trainables() } : {}),
    state: () => observer.state(),
    dispose: () => observer.dispose(),
  };
  return quantizer;
}

function quantizeOnce(quantizer: ActivationQuantizer, value: tf.Tensor, pass: Pass): tf.Tensor {
  const { name, observer, mode } = quantizer;
  const isLearned = quantizes(mode) && observer.learned?.hasBegun();
  const watches = pass !== 'inference' && observes(mode) && !isLearned;
  if (watches && !observer.late) watch(quantizer, value);
  if (quantizes(mode) && !(watches && !observer.late) && !observer.hasObserved())
    throw unobserved(name, observer);
  // Of a late observer before it hears of this batch, eagerly too.
  const result = quantizes(mode) ? quantizeInItsRange(quantizer, value, pass) : value;
  if (watches && observer.late) watch(quantizer, value);
  return result;
}

function watch({ name, observer, counts }: ActivationQuantizer, value: tf.Tensor): void {
  const rows = counts?.(value);
  if (!rows) return observer.observe(value);
  if (!observer.observeRows) throw watchesAll(name);
  observer.observeRows(value, rows);
}

function quantizeInItsRange(
  { observer, integer }: ActivationQuantizer,
  value: tf.Tensor,
  pass: Pass,
): tf.Tensor {
  const { learned, spec } = observer;
  if (!learned || (pass !== 'training' && !learned.hasBegun())) {
    return fakeQuantize(value, observer.qparams(), spec, { integer });
  }
  if (!learned.hasBegun()) learned.begin();
  return learned.quantize(value, { integer });
}

/** Whether a quantizer's range comes from an observer. */
export const isObserved = (quantizer: InputQuantizer): quantizer is ActivationQuantizer =>
  quantizer.observer !== undefined;

/**
 * Scale and zero point that inference quantizes with.
 *
 * @throws UserError if nothing was observed, or something that is not finite.
 */
export function rangeFound({ name, observer }: ActivationQuantizer): { scale: number; zeroPoint: number } {
  if (!observer.hasObserved()) {
    throw new UserError(
      `Expected every quantizer to have seen data before converting, but that of the input of "${name}" has not; ` +
        'train a step or calibrate first.',
    );
  }
  const [scale, zeroPoint] = tf.tidy(() => {
    const qparams = observer.qparams();
    return [qparams.scale.dataSync()[0]!, qparams.zeroPoint.dataSync()[0]!];
  });
  if (Number.isFinite(scale)) return { scale, zeroPoint };
  throw new UserError(
    `Expected finite numbers at the input of "${name}", but its observer has seen NaN or an infinity, which no range holds; look for ` +
      'what made it, or skip that layer by a rule.',
  );
}

function expectPerTensor(name: string, { spec: { granularity } }: Observer): void {
  if (granularity.name === perTensor().name) return;
  throw new UserError(
    `Expected an observer of a spec that is perTensor() for the input of "${name}", got ${granularity.name}; inputs have one scale.`,
  );
}

function watchesAll(name: string): UserError {
  return new UserError(
    `Expected an observer of the input of "${name}" that can leave rows out, to calibrate with rows, got one without observeRows; ` +
      'give it one, or calibrate without rows.',
  );
}

function unobserved(name: string, { late }: Observer): UserError {
  return new UserError(
    `The quantizer of the input of "${name}" has no range yet, because it has seen no data; ` +
      (late
        ? 'calibrate first (its observer counts, and gives the range of what it saw before a step), or set its mode to "observe".'
        : 'train a step or calibrate first, or set its mode to "off".'),
  );
}
