import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { attach } from '../../lib/core/attach';
import { weightsOf } from '../../lib/core/weights';
import { holders } from './holders';
import { modelOf, nestings } from './nestings';

beforeAll(() => tf.setBackend('cpu'));

const dense = (name: string) => tf.layers.dense({ name, units: 2, inputShape: [3] });

const kernelsOf = (model: tf.LayersModel) =>
  weightsOf(model)
    .filter(({ name }) => name.startsWith('kernel'))
    .map(({ path }) => path)
    .sort();

/** The variables of `model.weights`, each once. */
const idsOf = (model: tf.LayersModel) =>
  [...new Set(model.weights.map((weight) => (weight.read() as tf.Variable).id))].sort();

describe('weightsOf', () => {
  it('names every weight by its layer, whatever tfjs calls the variable', () => {
    const models = [1, 2].map(() => tf.sequential({ layers: [dense('ffn/up')] }));
    for (const model of models) {
      expect(weightsOf(model).map(({ path, name, rank }) => [path, name, rank])).toEqual([
        ['ffn/up/kernel', 'kernel', 2],
        ['ffn/up/bias', 'bias', 1],
      ]);
    }
    const [first, second] = models.map((model) => weightsOf(model)[0]!.variable.name);
    expect(first).not.toBe(second);
  });

  it('gives the very variable of the layer', () => {
    const model = tf.sequential({ layers: [dense('d')] });
    const [kernel] = weightsOf(model);
    kernel!.variable.assign(tf.fill([3, 2], 7));
    expect([...model.layers[0]!.getWeights()[0]!.dataSync()]).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it('gives the variable and not a shadowed read', () => {
    const model = tf.sequential({ layers: [dense('d')] });
    const weight = model.layers[0]!.weights[0]!;
    const original = weight.read();
    weight.read = () => tf.scalar(0);
    expect(weightsOf(model)[0]!.variable).toBe(original);
  });

  it('sees a frozen layer, and a frozen model', () => {
    const model = tf.sequential({ layers: [dense('a'), tf.layers.dense({ name: 'b', units: 1 })] });
    model.layers[0]!.trainable = false;
    expect(weightsOf(model).map(({ trainable }) => trainable)).toEqual([false, false, true, true]);
    model.trainable = false;
    expect(weightsOf(model).some(({ trainable }) => trainable)).toBe(false);
  });

  it('finds the weights of nested models, wrappers and shared layers once', () => {
    const shared = dense('shared');
    const inner = tf.sequential({
      name: 'inner',
      layers: [tf.layers.dense({ name: 'x', units: 3, inputShape: [2] })],
    });
    const input = tf.input({ shape: [3] });
    const twice = shared.apply(inner.apply(shared.apply(input))) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: twice });
    expect(
      weightsOf(model)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['shared/bias', 'shared/kernel', 'x/bias', 'x/kernel'].sort());
    const wrapper = tf.layers.timeDistributed({
      layer: tf.layers.dense({ units: 2 }),
      name: 't',
      inputShape: [4, 3],
    });
    expect(weightsOf(tf.sequential({ layers: [wrapper] }))).toHaveLength(2);
  });

  it('tells equal layers of two nested models apart, both by the model around them', () => {
    const [a, b] = ['a', 'b'].map((name) =>
      tf.sequential({ name, layers: [dense('same'), tf.layers.dense({ name, units: 2 })] }),
    );
    const input = tf.input({ shape: [3] });
    const sum = tf.layers.add().apply([a!.apply(input), b!.apply(input)] as tf.SymbolicTensor[]);
    const model = tf.model({ inputs: input, outputs: sum as tf.SymbolicTensor });
    expect(kernelsOf(model)).toEqual(['a/kernel', 'a/same/kernel', 'b/kernel', 'b/same/kernel']);
  });

  it('leaves the name of a layer of the model itself alone, whatever lies deeper', () => {
    const inner = tf.sequential({
      name: 'inner',
      layers: [dense('same'), tf.layers.dense({ name: 'other', units: 3 })],
    });
    const model = tf.sequential({ layers: [inner, tf.layers.dense({ name: 'same', units: 1 })] });
    expect(kernelsOf(model)).toEqual(['inner/same/kernel', 'other/kernel', 'same/kernel']);
  });

  it('numbers names that meet even then', () => {
    const inner = tf.sequential({ name: 'a', layers: [dense('same')] });
    const other = tf.sequential({
      name: 'b',
      layers: [tf.layers.dense({ name: 'same', units: 3, inputShape: [2] })],
    });
    const model = tf.sequential({ layers: [inner, other, tf.layers.dense({ name: 'a/same', units: 1 })] });
    expect(kernelsOf(model)).toEqual(['a/same/kernel', 'a/same/kernel_1', 'b/same/kernel']);
  });

  describe.each(Object.entries(holders))('inside %s', (_, { make, kernels, layers }) => {
    it('names every weight once, by names that a copy has too', async () => {
      const model = make();
      expect(
        weightsOf(model)
          .map(({ variable }) => variable.id)
          .sort(),
      ).toEqual(idsOf(model));
      expect(kernelsOf(model)).toEqual(kernels);
      const paths = weightsOf(model).map(({ path }) => path);
      expect(weightsOf(make()).map(({ path }) => path)).toEqual(paths);
      const copy = await tf.models.modelFromJSON(
        JSON.parse(model.toJSON() as string) as object as tf.io.ModelJSON,
      );
      expect(weightsOf(copy).map(({ path }) => path)).toEqual(paths);
    });

    it('gives the layer that computes with it: what is attached there is used', () => {
      const model = make();
      const x = tf.ones([1, ...model.inputs[0]!.shape.slice(1)] as number[]);
      for (const { layer, name } of weightsOf(model)) {
        expect(layers).toContain(layer.getClassName());
        const apply = jest.fn((value: tf.Tensor) => value);
        const attachment = attach(layer, name, {
          revision: '',
          apply,
          state: () => ({}),
          dispose: () => undefined,
        });
        tf.tidy(() => void model.predict(x));
        attachment.detach();
        expect(apply).toHaveBeenCalled();
      }
    });
  });

  it('gives a weight that two layers have to the one that made it', () => {
    const table = dense('table');
    class Tied extends tf.layers.Layer {
      static readonly className = 'Tied';
      override get trainableWeights() {
        return table.trainableWeights;
      }
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return tf.matMul([inputs].flat()[0]!, table.weights[0]!.read(), false, true);
      }
    }
    const input = tf.input({ shape: [3] });
    const tied = new Tied({ name: 'tied' });
    const model = tf.model({ inputs: input, outputs: tied.apply(table.apply(input)) as tf.SymbolicTensor });
    expect(weightsOf(model).map(({ path, layer }) => [path, layer.name])).toEqual([
      ['table/kernel', 'table'],
      ['table/bias', 'table'],
    ]);
  });

  it('numbers two variables of one name in a layer, and tells them apart by it', () => {
    class Twice extends tf.layers.Layer {
      static readonly className = 'Twice';
      override build(): void {
        const ones = () => new tf.LayerVariable(tf.ones([2]), 'float32', 'gamma');
        this.trainableWeights = [ones(), ones()];
        this.built = true;
      }
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return this.trainableWeights.reduce((x, weight) => x.mul(weight.read()), [inputs].flat()[0]!);
      }
    }
    const layer = new Twice({ name: 'twice', inputShape: [2] } as object);
    const weights = weightsOf(tf.sequential({ layers: [layer] }));
    expect(weights.map(({ path, name }) => [path, name])).toEqual([
      ['twice/gamma', 'gamma'],
      ['twice/gamma_1', 'gamma_1'],
    ]);
    const seen: tf.Tensor[] = [];
    const apply = (value: tf.Tensor) => (seen.push(value), value);
    attach(layer, 'gamma_1', { revision: '', apply, state: () => ({}), dispose: () => undefined });
    layer.apply(tf.ones([1, 2]));
    expect(seen).toEqual([weights[1]!.variable]);
  });

  it('takes weights of a private field for the holder’s own', () => {
    class Private extends tf.layers.Layer {
      static readonly className = 'Private';
      readonly #dense = tf.layers.dense({ units: 2 });
      override build(shape: tf.Shape): void {
        this.#dense.build(shape);
        this.trainableWeights = this.#dense.trainableWeights;
        super.build(shape);
      }
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return this.#dense.apply([inputs].flat()[0]!) as tf.Tensor;
      }
    }
    const model = tf.sequential({ layers: [new Private({ name: 'private', inputShape: [2] } as object)] });
    expect(weightsOf(model).map(({ path }) => path)).toEqual(['private/kernel', 'private/bias']);
  });

  it('holds for any nesting: every weight once, unique paths, trainable as tfjs has it', () => {
    fc.assert(
      fc.property(nestings, (nesting) => {
        const model = modelOf(nesting);
        const weights = weightsOf(model);
        expect(weights.map(({ variable }) => variable.id).sort()).toEqual(idsOf(model));
        expect(new Set(weights.map(({ path }) => path)).size).toBe(weights.length);
        expect(weightsOf(modelOf(nesting)).map(({ path }) => path)).toEqual(weights.map(({ path }) => path));
        const trainable = new Set(model.trainableWeights.map((weight) => weight.read()));
        expect(new Set(weights.flatMap((weight) => (weight.trainable ? [weight.variable] : [])))).toEqual(
          trainable,
        );
        model.dispose();
      }),
      { numRuns: 60 },
    );
  });

  it('gives any nesting the paths of the model that it was loaded from', async () => {
    // tfjs loads a layer that nested models share once for each of them.
    const unshared = nestings.filter((nesting) => !JSON.stringify(nesting).includes('shared'));
    await fc.assert(
      fc.asyncProperty(unshared, async (nesting) => {
        const model = modelOf(nesting);
        const copy = await tf.models.modelFromJSON(JSON.parse(model.toJSON() as string) as tf.io.ModelJSON);
        expect(weightsOf(copy).map(({ path }) => path)).toEqual(weightsOf(model).map(({ path }) => path));
        model.dispose();
        copy.dispose();
      }),
      { numRuns: 30 },
    );
  });
});
