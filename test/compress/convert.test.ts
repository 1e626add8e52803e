import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';
import { attachmentsOf } from '../../lib/core/attach';
import { forward } from '../../lib/forward/forward';
import { weightFacts } from '../../lib/core/facts-of';
import { weightsOf } from '../../lib/core/weights';
import { holders } from '../core/holders';
import { modelOf, nestings } from '../core/nestings';
import { cases, observe, predict } from './models';
import { describeSpec } from '../../lib/quantization/spec';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const quantizeLayers = (model: tf.LayersModel) =>
  model.layers.filter((layer) => layer.getClassName() === 'WhittleQuantize').map(({ name }) => name);

/** A model's config, without the fields that tfjs adds when it reads one. */
const structure = (model: tf.LayersModel): unknown =>
  JSON.parse(model.toJSON() as unknown as string, (key, value: unknown) =>
    key === 'custom_objects' || key === 'dtype' ? undefined : value,
  );

describe.each(Object.entries(cases))('convert %s', (_, make) => {
  test('predicts exactly what the prepared model does', () => {
    const { model, inputs } = make();
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs });
    const converted = convert(prepared);
    for (let seed = 1; seed <= 10; seed++) {
      const x = inputs(seed);
      expect(predict(converted.model, x)).toEqual(predict(model, x));
    }
    prepared.detach();
  });

  test('survives JSON and saved weights', async () => {
    const { model, inputs } = make();
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs });
    const converted = convert(prepared).model;
    prepared.detach();
    const loaded = await tf.models.modelFromJSON(JSON.parse(converted.toJSON() as unknown as string));
    const weights = new Map(weightsOf(converted).map(({ path, variable }) => [path, variable]));
    weightsOf(loaded).forEach(({ path, variable }) => variable.assign(weights.get(path)!.clone()));
    expect(predict(loaded, inputs(1))).toEqual(predict(converted, inputs(1)));
  });

  test('without activation quantization it is a plain model of the same layers', () => {
    const { model, inputs } = make();
    const prepared = prepare(model, weightOnly());
    const converted = convert(prepared).model;
    expect(structure(converted)).toEqual(structure(model));
    expect(predict(converted, inputs(1))).toEqual(predict(model, inputs(1)));
    prepared.detach();
  });
});

describe('convert', () => {
  test('puts one quantize layer on a tensor that several layers consume', () => {
    const { model, inputs } = cases['a BERT']!();
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs });
    const names = quantizeLayers(convert(prepared).model);
    expect(names).toHaveLength(2 * 4 + 2);
    expect(names).toContain('encoder/0/attention/query/quantize');
    expect(names).not.toContain('encoder/0/attention/key/quantize');
    prepared.detach();
  });

  test('a quantizer of two tensors is one layer, applied twice', () => {
    const { model, inputs } = cases['shared layers']!();
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs });
    const converted = convert(prepared).model;
    expect(quantizeLayers(converted)).toEqual(['both/quantize', 'last/quantize']);
    expect(converted.getLayer('both/quantize').inboundNodes).toHaveLength(2);
    prepared.detach();
  });

  test('weights are codes and scales, and what they stand for is in the model', () => {
    const { model, inputs } = cases['a sequential model']!();
    const [kernel] = model.getLayer('first').weights;
    kernel!.write(tf.tensor2d([63, 0, 0, 0, 0, -63, 0.4, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0], [4, 5]));
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs });
    const { weights, model: converted } = convert(prepared);
    const { codes, scales, spec } = weights.get('first/kernel')!;
    expect(describeSpec(spec)).toBe('7 bits, perAxis(1)');
    expect(Array.from(scales)).toEqual([1, Math.fround(Math.fround(0.4) / 63), 1, 1, 1]);
    expect(Array.from(codes.subarray(0, 7))).toEqual([63, 0, 0, 0, 0, -63, 63]);
    expect(Array.from(converted.getLayer('first').getWeights()[0]!.dataSync().subarray(0, 6))).toEqual([
      63, 0, 0, 0, 0, -63,
    ]);
    prepared.detach();
  });

  test('shares no memory with the prepared model, and leaves it prepared', () => {
    const { model, inputs } = cases['a sequential model']!();
    const prepared = prepare(model, staticInt8());
    observe({ model, inputs });
    const { model: converted } = convert(prepared);
    expect(attachmentsOf(model)).toHaveLength(6);
    expect(attachmentsOf(converted)).toEqual([]);
    const before = predict(converted, inputs(1));
    for (const { variable } of weightsOf(model)) variable.dataSync().fill(1); // in place, as training does
    expect(predict(converted, inputs(1))).toEqual(before);
    prepared.detach();
  });

  test('leaves out what is switched off', () => {
    const { model, inputs } = cases['a sequential model']!();
    const prepared = prepare(model, staticInt8());
    prepared.setMode('off');
    const { model: converted, weights } = convert(prepared);
    expect(structure(converted)).toEqual(structure(model));
    expect(weights.size).toBe(0);
    expect(predict(converted, inputs(1))).toEqual(predict(model, inputs(1)));
    prepared.detach();
  });

  test('refuses a range that has seen nothing', () => {
    const { model } = cases['a sequential model']!();
    const prepared = prepare(model, staticInt8());
    expect(() => convert(prepared)).toThrow('input of "first" has not; train a step or calibrate first');
    prepared.detach();
  });
});

describe('convert keeps', () => {
  const dense = (name: string) => tf.layers.dense({ name, units: 3, inputShape: [3] });
  const functional = (name: string, ...layers: tf.layers.Layer[]) => {
    const input = tf.input({ shape: [3] });
    const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
    return tf.model({ name, inputs: input, outputs });
  };
  const sumOf = (...models: tf.LayersModel[]) => {
    const input = tf.input({ shape: [3] });
    const parts = models.map((model) => model.apply(input) as tf.SymbolicTensor);
    return tf.model({ inputs: input, outputs: tf.layers.add().apply(parts) as tf.SymbolicTensor });
  };
  const converted = (model: tf.LayersModel) => {
    const prepared = prepare(model, staticInt8());
    const x = tf.randomNormal([4, ...model.inputs[0]!.shape.slice(1)] as number[], 0, 1, 'float32', 1);
    tf.tidy(() => void forward(model, [x], true));
    const result = convert(prepared);
    expect(predict(result.model, [x])).toEqual(predict(model, [x]));
    prepared.detach();
    return result;
  };
  const trainable = ({ model }: { readonly model: tf.LayersModel }) =>
    weightsOf(model).flatMap((weight) => (weight.trainable ? [weight.path] : []));

  test.each(Object.entries(holders))('the numbers of what lies inside %s', (_, { make }) => {
    const model = make();
    const paths = weightsOf(model).map(({ path }) => path);
    expect(weightsOf(converted(model).model).map(({ path }) => path)).toEqual(paths);
  });

  test('the numbers of any nesting, and what is trainable where nothing is shared', () => {
    fc.assert(
      fc.property(nestings, (nesting) => {
        const model = modelOf(nesting);
        fc.pre(weightsOf(model).some((weight) => 'channels' in weightFacts(weight))); // or there is nothing to quantize
        const copy = converted(model);
        const isShared = JSON.stringify(nesting).includes('shared');
        if (!isShared) expect(trainable(copy)).toEqual(trainable({ model }));
        model.dispose();
        copy.model.dispose();
      }),
      { numRuns: 40 },
    );
  });

  test('a frozen nested model frozen, however deep, and a single frozen weight', () => {
    const inner = functional('inner', dense('a'));
    const middle = functional('middle', inner, dense('b'));
    const model = functional('outer', middle, dense('c'));
    middle.trainable = false;
    model.getLayer('c').weights[1]!.trainable = false;
    expect(trainable({ model })).toEqual(['c/kernel']);
    expect(trainable(converted(model))).toEqual(['c/kernel']);
  });

  test('equal layers of two nested models apart, with one range on the tensor that both read', () => {
    const model = sumOf(functional('a', dense('same')), functional('b', dense('same')));
    const prepared = prepare(model, staticInt8());
    expect([...prepared.inputs.keys()]).toEqual(['a/same', 'b/same']);
    expect(prepared.inputs.get('a/same')).toBe(prepared.inputs.get('b/same'));
    prepared.detach();
    expect([...converted(model).weights.keys()]).toEqual(['a/same/kernel', 'b/same/kernel']);
  });

  test('a layer that nested models share one layer', () => {
    const shared = dense('shared');
    const model = sumOf(functional('a', dense('x'), shared), functional('b', dense('y'), shared));
    expect([...converted(model).weights.keys()].sort()).toEqual(['shared/kernel', 'x/kernel', 'y/kernel']);
  });
});
