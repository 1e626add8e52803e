import type * as tf from '@tensorflow/tfjs';
import { assign } from '../../core/assign';
import { attachmentsOf } from '../../core/attach';
import { UserError } from '../../core/errors';
import { hostOf } from '../../core/host-tensor';
import type { Weight } from '../../core/weights';

/** Copies of weights in double precision, to be changed and written back at the end: all of them or, after an error, none. */
export interface WeightValues {
  /** The copy of one, to be changed in place. @throws UserError for NaN and infinite numbers. */
  of(weight: Weight): Float64Array;
  /** Assigns the copies to the variables, rounded. @throws UserError for numbers beyond float32; then nothing was assigned. */
  write(): void;
}

export function weightValues(): WeightValues {
  const copies = new Map<tf.Variable, { readonly weight: Weight; readonly values: Float64Array }>();
  return {
    of(weight) {
      const found = copies.get(weight.variable) ?? { weight, values: finiteValues(weight) };
      copies.set(weight.variable, found);
      return found.values;
    },
    write() {
      const rounded = [...copies.values()].map(
        ({ weight, values }) => [weight, roundedValues(weight, values)] as const,
      );
      rounded.forEach(([{ variable }, data]) => assign(variable, data));
    },
  };
}

function finiteValues({ path, variable }: Weight): Float64Array {
  const values = Float64Array.from(hostOf(variable).data);
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  throw new UserError(
    `Expected finite weights, got ${values[at]} at place ${at} of "${path}"; mend or train the model again before it is repaired.`,
  );
}

function roundedValues({ path }: Weight, values: Float64Array): Float32Array {
  const rounded = Float32Array.from(values);
  const at = rounded.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return rounded;
  throw new UserError(
    `Expected weights that stay within float32, but place ${at} of "${path}" would become ${values[at]}: its channel's bias is too ` +
      'large beside its other weights; the model is as it was.',
  );
}

/**
 * What changes weights under a quantizer would leave its ranges and codes behind.
 *
 * @throws UserError if something is attached to the model.
 */
export function expectNothingAttached(model: tf.LayersModel, method: string): void {
  const [attachment] = attachmentsOf(model);
  if (!attachment) return;
  throw new UserError(
    `Expected a model with nothing attached to ${method}, but "${attachment.layer.name}" of "${model.name}" has something attached to ` +
      `"${attachment.target}"; ${method} before you prepare it.`,
  );
}
