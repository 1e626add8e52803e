import * as tf from '@tensorflow/tfjs';
import type { Pass } from '../../core/attach';
import { UserError } from '../../core/errors';
import { fakeQuantize } from '../fake-quantize';
import { movingAverage, Observer } from '../observer';
import { observes, Quantizer, QuantizerOptions, quantizes, revisionOfQuantizer } from './quantizer';

export interface ActivationQuantizerOptions extends QuantizerOptions {
  /** Where it stands, for error messages. */
  readonly name: string;
  /** Watches the activation and gives its range. Default `movingAverage()`: uint8, constant 0.01. */
  readonly observer?: Observer;
}

export interface ActivationQuantizer extends Quantizer {
  readonly name: string;
  readonly observer: Observer;
}

/** The last result, for the other layers that consume the same tensor in the same forward pass. */
interface Cached {
  readonly scope: object;
  readonly value: tf.Tensor;
  readonly result: tf.Tensor;
}

/**
 * Fake-quantizes an activation. In training and calibration, where its mode observes, it first takes the batch into account, and
 * quantizes with the range that results, as torch's `FakeQuantize` does; in inference with the range as it is.
 *
 * One tensor, one quantizer: attached to several layers that consume the same tensor (query, key, value), it observes and
 * quantizes that tensor once per forward pass.
 *
 * @throws UserError in a forward pass that needs a range before anything was observed.
 */
export function activationQuantizer({
  name,
  observer = movingAverage(),
  integer = true,
}: ActivationQuantizerOptions): ActivationQuantizer {
  let cached: Cached | undefined;
  const quantizer: ActivationQuantizer = {
    name,
    observer,
    spec: observer.spec,
    elementwise: true,
    mode: 'both',
    integer,
    get revision() {
      return revisionOfQuantizer(quantizer);
    },
    apply(value, pass) {
      // Tensors of a forward pass live in its tidy scope: the same scope is the same pass.
      const scope = tf.engine().state.activeScope;
      if (scope && cached?.scope === scope && cached.value === value && !cached.result.isDisposed) {
        return cached.result;
      }
      const result = quantizeOnce(quantizer, value, pass);
      cached = { scope, value, result };
      return result;
    },
    state: () => observer.state(),
    dispose: () => observer.dispose(),
  };
  return quantizer;
}

function quantizeOnce(quantizer: ActivationQuantizer, value: tf.Tensor, pass: Pass): tf.Tensor {
  const { name, observer, mode, integer } = quantizer;
  if (pass !== 'inference' && observes(mode)) observer.observe(value);
  else if (quantizes(mode) && !observer.hasObserved()) throw unobserved(name);
  return quantizes(mode) ? fakeQuantize(value, observer.qparams(), observer.spec, { integer }) : value;
}

function unobserved(name: string): UserError {
  return new UserError(
    `The quantizer of the input of "${name}" has no range yet, because it has seen no data; ` +
      'train a step or calibrate first, or set its mode to "off".',
  );
}
