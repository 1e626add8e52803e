import { dynamicQuantize } from '../dynamic-quantize';
import { uint8 } from '../spec';
import { InputQuantizer, onceAPass, QuantizerOptions, quantizes, revisionOfQuantizer } from './quantizer';

export interface DynamicQuantizerOptions extends QuantizerOptions {
  /** Where it stands, for error messages. */
  readonly name: string;
}

/** A quantizer of an activation that needs no range from before. */
export interface DynamicQuantizer extends InputQuantizer {
  readonly observer?: undefined;
}

/**
 * Fake-quantizes an activation by the range of the tensor at hand, per tensor, affine, in uint8. It watches nothing, so it is the
 * identity in mode `observe`, and computes in inference what it does in training. A number of the result depends on all of the tensor:
 * a layer that has it at its input gets the whole of it.
 */
export function dynamicQuantizer({ name, integer = true }: DynamicQuantizerOptions): DynamicQuantizer {
  const quantize = onceAPass();
  const quantizer: DynamicQuantizer = {
    name,
    spec: uint8(),
    mode: 'both',
    integer,
    get revision() {
      return `dynamic, ${revisionOfQuantizer(quantizer)}`;
    },
    apply: (value) =>
      quantizes(quantizer.mode)
        ? quantize(value, () => dynamicQuantize(value, { integer: quantizer.integer }))
        : value,
    state: () => ({}),
    dispose: () => undefined,
  };
  return quantizer;
}
