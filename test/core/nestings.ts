import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';

/** A tower of layers on vectors of two numbers; names of layers repeat between towers. */
export interface Nesting {
  readonly parts: readonly (Nesting | 'dense' | 'norm' | 'shared')[];
  readonly frozen: boolean;
  /** Which of its layers are frozen on their own. */
  readonly frozenParts: readonly boolean[];
}

/** Random nestings, at most three deep. */
export const nestings: fc.Arbitrary<Nesting> = fc.letrec<{ nesting: Nesting }>((tie) => ({
  nesting: fc.record({
    parts: fc.array(fc.oneof({ maxDepth: 3 }, fc.constantFrom('dense', 'norm', 'shared'), tie('nesting')), {
      minLength: 1,
      maxLength: 4,
    }),
    frozen: fc.boolean(),
    frozenParts: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  }) as fc.Arbitrary<Nesting>,
})).nesting;

/** The model of a nesting: a part is named by its place, so that every tower has a layer `0`; `shared` is one layer everywhere. */
export function modelOf(nesting: Nesting): tf.LayersModel {
  const shared = tf.layers.dense({ units: 2, name: 'shared' });
  const build = ({ parts, frozen, frozenParts }: Nesting, name: string): tf.LayersModel => {
    const input = tf.input({ shape: [2] });
    const output = parts.reduce<tf.SymbolicTensor>((x, part, i) => {
      const layer =
        part === 'dense'
          ? tf.layers.dense({ units: 2, name: `${i}` })
          : part === 'norm'
            ? tf.layers.batchNormalization({ name: `${i}` })
            : part === 'shared'
              ? shared
              : build(part, `${i}`);
      const y = layer.apply(x) as tf.SymbolicTensor;
      if (frozenParts[i]) layer.trainable = false;
      return y;
    }, input);
    const model = tf.model({ inputs: input, outputs: output, name });
    if (frozen) model.trainable = false;
    return model;
  };
  return build(nesting, 'root');
}
