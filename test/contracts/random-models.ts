import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { fp16, int4, int8, ternary } from '../../lib/quantization/spec';
import { perChannel, perGroup, perTensor } from '../../lib/quantization/granularity';
import { pathsOfLayers, weightsOf } from '../../lib/core/weights';
import type { Rule } from '../../lib/compress/rules';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';

/** One step of a random model: which of the layers that fit what is there, and how large. */
export interface Part {
  readonly pick: number;
  readonly size: number;
  /** Bits for whatever else is to be decided. */
  readonly flags: number;
}

/** A random model, its schemes and data, small enough to be read in the report of a failure. */
export interface Plan {
  readonly start: keyof typeof INPUTS;
  readonly parts: readonly Part[];
  /** By layer, in turns. */
  readonly uses: readonly (keyof typeof USES)[];
  readonly batch: number;
  /** Whether the model takes batches of any size. */
  readonly isFree: boolean;
  readonly seed: number;
}

type Tensor = tf.SymbolicTensor;
const { layers } = tf;

/** What models start from, by kind: the shape of an example. */
const INPUTS = {
  ids: [4],
  vector: [5],
  sequence: [4, 3],
  image: [5, 4, 2],
  frames: [3, 4, 3, 2],
} as const;

/** Ids are below it. */
const IDS = 7;

const inputs = staticInt8();

/** How a layer may be quantized. */
const USES = {
  static: inputs,
  'int8 weights': weightOnly(),
  'int8 weights, one scale': weightOnly(int8(perTensor())),
  'all codes of int8': weightOnly(int8(perChannel(), { full: true })),
  'int4 weights in groups': weightOnly(int4(perGroup(0, 2))),
  'int4 weights in larger groups': weightOnly(int4(perGroup(0, 16))),
  'int4 weights': weightOnly(int4(perChannel())),
  'ternary weights': weightOnly(ternary(perChannel())),
  halves: weightOnly(fp16()),
  skip: 'skip',
} as const;

export const plans: fc.Arbitrary<Plan> = fc.record({
  start: fc.constantFrom(...(Object.keys(INPUTS) as Plan['start'][])),
  parts: fc.array(
    fc.record({ pick: fc.nat(999), size: fc.integer({ min: 1, max: 4 }), flags: fc.nat(255) }),
    { minLength: 1, maxLength: 4 },
  ),
  uses: fc.array(fc.constantFrom(...(Object.keys(USES) as (keyof typeof USES)[])), {
    minLength: 1,
    maxLength: 4,
  }),
  batch: fc.integer({ min: 1, max: 3 }),
  isFree: fc.nat(7).map((number) => number === 0),
  seed: fc.nat(2 ** 30),
});

/** Appends layers to a tensor; `name` is new, and so is whatever has it as its first part. */
type Step = (x: Tensor, part: Part, name: string) => Tensor;

const shapeOf = (x: Tensor): number[] => x.shape.slice(1) as number[];
const flag = ({ flags }: Part, bit: number): boolean => ((flags >> bit) & 1) === 1;
const one = <T>({ flags }: Part, from: number, ...items: readonly T[]): T =>
  items[(flags >> from) % items.length]!;
const layer =
  (make: (part: Part, name: string, shape: readonly number[]) => tf.layers.Layer): Step =>
  (x, part, name) =>
    make(part, name, shapeOf(x)).apply(x) as Tensor;

const activationOf = (part: Part) =>
  one(part, 5, 'linear', 'relu', 'tanh', 'sigmoid', 'elu', 'softmax', 'relu6', 'swish') as 'relu';

const dense = (part: Part, name: string) =>
  layers.dense({ name, units: part.size, activation: activationOf(part), useBias: flag(part, 0) });

/** The sides of a window, within the sizes of what it slides over. */
const windowOf = (part: Part, shape: readonly number[], axes: number): number[] =>
  shape.slice(0, axes).map((size, axis) => Math.min(size, 1 + ((part.flags >> axis) % 3)));

const windowed = (part: Part, name: string, shape: readonly number[], axes: number) => ({
  ...{ name, filters: part.size, kernelSize: windowOf(part, shape, axes), activation: activationOf(part) },
  ...{ padding: one(part, 3, 'same', 'valid'), useBias: flag(part, 0) },
});

const strideOf = (part: Part): number => 1 + Number(flag(part, 4));

const recurrentOf = (part: Part, name: string) => ({
  ...{
    name,
    units: part.size,
    useBias: flag(part, 0),
    returnSequences: flag(part, 1),
    goBackwards: flag(part, 2),
  },
  ...{ implementation: 1 + Number(flag(part, 3)), activation: one(part, 6, 'tanh', 'relu') },
});

const recurrent = (part: Part, name: string) => {
  const options = recurrentOf(part, name) as Parameters<typeof layers.lstm>[0];
  const make = one<() => tf.layers.Layer>(
    part,
    4,
    () => layers.lstm(options),
    () => layers.gru(options as Parameters<typeof layers.gru>[0]),
    () => layers.simpleRNN(options),
  );
  return make();
};

const stacked = (part: Part, name: string) =>
  layers.rnn({
    ...{ name, returnSequences: flag(part, 1), goBackwards: flag(part, 2) },
    cell: [
      layers.lstmCell({ units: part.size }),
      layers.gruCell({ units: 2 }),
      layers.simpleRNNCell({ units: 1 + Number(flag(part, 3)) }),
    ].slice(0, 1 + ((part.flags >> 4) % 3)) as never,
  });

const bidirectional = (part: Part, name: string) =>
  layers.bidirectional({
    ...{ name, layer: recurrent(part, `${name}_in`) as never },
    mergeMode: one(part, 0, 'concat', 'sum', 'mul', 'ave') as never,
  });

/** A model of its own on an example of the shape. */
const nested = (
  shape: readonly number[],
  name: string,
  steps: readonly ((x: Tensor) => Tensor)[],
): tf.LayersModel => {
  const input = tf.input({ shape: [...shape], name: `${name}_input` });
  return tf.model({ inputs: input, outputs: steps.reduce((x, step) => step(x), input), name });
};

const tower =
  (first: Step, second: Step): Step =>
  (x, part, name) =>
    nested(shapeOf(x), name, [
      (y) => first(y, part, `${name}_a`),
      (y) => second(y, { ...part, flags: part.flags ^ 0xff }, `${name}_b`),
    ]).apply(x) as Tensor;

/** One layer in two places, one after the other: what it makes has the shape of what it takes. */
const twice =
  (make: (part: Part, name: string, shape: readonly number[]) => tf.layers.Layer): Step =>
  (x, part, name) => {
    const shared = make({ ...part, size: shapeOf(x).at(-1)! }, name, shapeOf(x));
    return shared.apply(shared.apply(x)) as Tensor;
  };

/** Two ways from one tensor that meet in a sum. */
const branches =
  (make: (part: Part, name: string, shape: readonly number[]) => tf.layers.Layer): Step =>
  (x, part, name) => {
    const ways = ['left', 'right'].map(
      (side) => make(part, `${name}_${side}`, shapeOf(x)).apply(x) as Tensor,
    );
    return layers.add({ name: `${name}_sum` }).apply(ways) as Tensor;
  };

const sameConvolution = (part: Part, name: string, shape: readonly number[]) =>
  layers.conv2d({ ...windowed(part, name, shape, 2), padding: 'same' } as never);
const sequences = (part: Part, name: string) => recurrent({ ...part, flags: part.flags | 2 }, name);

const timeDistributed =
  (make: (part: Part, name: string, shape: readonly number[]) => tf.layers.Layer): Step =>
  (x, part, name) =>
    layers
      .timeDistributed({ name, layer: make(part, `${name}_each`, shapeOf(x).slice(1)) })
      .apply(x) as Tensor;

const each = (part: Part, name: string, shape: readonly number[]) =>
  nested(shape, name, [
    (x) => dense(part, `${name}_up`).apply(x) as Tensor,
    (x) => dense({ ...part, size: 2 }, `${name}_down`).apply(x) as Tensor,
  ]);

const conv1d = (part: Part, name: string, shape: readonly number[]) =>
  layers.conv1d({ ...windowed(part, name, shape, 1), strides: strideOf(part) } as never);
const conv2d = (part: Part, name: string, shape: readonly number[]) =>
  layers.conv2d({ ...windowed(part, name, shape, 2), strides: strideOf(part) } as never);
const conv2dDilated = (part: Part, name: string, shape: readonly number[]) =>
  layers.conv2d({ ...windowed(part, name, shape, 2), padding: 'same', dilationRate: 2 } as never);
const conv2dTranspose = (part: Part, name: string, shape: readonly number[]) =>
  layers.conv2dTranspose({ ...windowed(part, name, shape, 2), strides: strideOf(part) } as never);
const depthwise = (part: Part, name: string, shape: readonly number[]) =>
  layers.depthwiseConv2d({
    ...windowed(part, name, shape, 2),
    depthMultiplier: 1 + (part.size % 2),
  } as never);
/** tfjs's files lack its depth multiplier. */
const separable = (part: Part, name: string, shape: readonly number[]) =>
  layers.separableConv2d({ ...windowed(part, name, shape, 2), strides: strideOf(part) } as never);
const conv3d = (part: Part, name: string, shape: readonly number[]) =>
  layers.conv3d(windowed(part, name, shape, 3) as never);
/** Strides are at most its sizes; see `convolution-3d.ts`. */
const conv3dTranspose = (part: Part, name: string, shape: readonly number[]) =>
  layers.conv3dTranspose({
    ...windowed(part, name, shape, 3),
    kernelSize: 2,
    strides: strideOf(part),
  } as never);
const convLstm = (part: Part, name: string, shape: readonly number[]) =>
  layers.convLstm2d({
    ...{
      name,
      filters: part.size,
      kernelSize: windowOf(part, shape.slice(1), 2),
      returnSequences: flag(part, 1),
    },
    ...{ padding: one(part, 3, 'same', 'valid'), useBias: flag(part, 0) },
  } as never);

/** What fits a tensor, by the rank of an example. */
const STEPS: Readonly<Record<number, readonly Step[]>> = {
  1: [
    layer(dense),
    twice(dense),
    branches(dense),
    tower(layer(dense), layer(dense)),
    layer((_, name) => layers.prelu({ name, alphaInitializer: 'ones' })),
    layer((part, name) => layers.repeatVector({ name, n: 1 + part.size })),
    layer((_, name) => layers.batchNormalization({ name })),
  ],
  2: [
    layer(dense),
    twice(dense),
    layer(recurrent),
    layer(recurrent),
    layer(stacked),
    layer(bidirectional),
    twice(sequences),
    branches(recurrent),
    branches(conv1d),
    tower(layer(sequences), layer(dense)),
    timeDistributed(dense),
    timeDistributed(each),
    layer(conv1d),
    layer((_, name) => layers.flatten({ name })),
    layer((_, name) => layers.layerNormalization({ name })),
    layer((_, name) => layers.globalAveragePooling1d({ name } as never)),
  ],
  3: [
    layer(dense),
    layer(conv2d),
    layer(conv2dDilated),
    twice(sameConvolution),
    branches(conv2d),
    tower(layer(sameConvolution), layer(depthwise)),
    layer(conv2dTranspose),
    layer(depthwise),
    layer(separable),
    timeDistributed(conv1d),
    timeDistributed(recurrent),
    layer((_, name) => layers.maxPooling2d({ name, poolSize: 2, padding: 'same' })),
    layer((_, name) => layers.flatten({ name })),
    layer((_, name) => layers.globalAveragePooling2d({ name } as never)),
  ],
  4: [
    layer(dense),
    layer(conv3d),
    layer(conv3dTranspose),
    layer(convLstm),
    timeDistributed(conv2d),
    timeDistributed(separable),
    timeDistributed(depthwise),
    timeDistributed(conv2dTranspose),
    (x, _, name) => {
      const [time, ...rest] = shapeOf(x);
      return layers.reshape({ name, targetShape: [time! * rest[0]!, ...rest.slice(1)] }).apply(x) as Tensor;
    },
  ],
};

/** The model of a plan, all of its weights random. */
export function modelOf({ start, parts, seed, batch, isFree }: Plan): tf.LayersModel {
  const shape = [...INPUTS[start]];
  const input = tf.input({ batchShape: [isFree ? null : batch, ...shape], name: 'input' });
  const first =
    start === 'ids'
      ? (layers
          .embedding({ inputDim: IDS, outputDim: 3, maskZero: flag(parts[0]!, 7), name: 'table' })
          .apply(input) as Tensor)
      : input;
  const output = parts.reduce((x, part, i) => {
    const steps = STEPS[shapeOf(x).length]!;
    return steps[part.pick % steps.length]!(x, part, `l${i}`);
  }, first);
  const last = layers.dense({ units: 2, name: 'head' }).apply(output) as Tensor;
  const model = tf.model({ inputs: input, outputs: last });
  weightsOf(model).forEach(({ variable, name }, i) => {
    const values = tf.randomNormal(variable.shape, 0, 0.5, 'float32', seed + i);
    tf.tidy(() => variable.assign(name === 'moving_variance' ? values.abs().add(0.5) : values));
    values.dispose();
  });
  return model;
}

/** Rules with a scheme for each layer that has weights; the head's inputs are quantized in any case. */
export function rulesOf(model: tf.LayersModel, { uses }: Plan): Rule[] {
  const paths = [...new Set(pathsOfLayers(model).values())];
  const rules = paths.map((match, i) => ({ match, use: USES[uses[i % uses.length]!] }));
  return [...rules, { match: 'head', use: USES.static }];
}

/** Data for a model, other ones for each number. */
export function dataOf({ start, batch, seed }: Plan, number: number): tf.Tensor {
  const shape = [batch, ...INPUTS[start]];
  return start === 'ids'
    ? tf.tidy(() => tf.randomUniform(shape, 0, IDS, 'float32', seed + number).floor())
    : tf.randomNormal(shape, 0, 1, 'float32', seed + number);
}
