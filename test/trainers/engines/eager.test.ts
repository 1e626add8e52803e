import * as tf from '@tensorflow/tfjs';
import { prepare } from '../../../lib/compress/prepare';
import { staticInt8 } from '../../../lib/compress/scheme';
import { bert } from '../../../lib/models/bert';
import { HostTensor, hostTensor } from '../../../lib/core/host-tensor';
import { UserError } from '../../../lib/core/errors';
import { dropout } from '../../../lib/models/layers/dropout';
import { Engine } from '../../../trainers/engine';
import { eagerEngine } from '../../../trainers/engines/eager';
import { meanSquaredError, softmaxCrossEntropy } from '../../../trainers/losses';
import { Parameters, parametersOf } from '../../../trainers/parameters';
import { train } from '../../../trainers/trainer';
import { expectNoLeak } from '../../leaks';
import { classifierModel, classifierTraining, weightValues } from '../toys';

const answer = async (engine: Engine, xs: readonly HostTensor[]) => (await engine.inference()).predict(xs);

/** tfjs-node needs TensorFlow's library, which is not downloaded for the tests; where somebody installed it, it is tested too. */
const hasTensorflow = isInstalled('@tensorflow/tfjs-node');
const OTHERS = ['wasm', ...(hasTensorflow ? ['tensorflow'] : [])];

function isInstalled(name: string): boolean {
  try {
    return Boolean(require.resolve(name));
  } catch {
    return false;
  }
}

/** ids [batch, 3] → rows of a table [4, 2], flattened → one number. */
function tableModel(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.embedding({
        inputDim: 4,
        outputDim: 2,
        inputLength: 3,
        embeddingsInitializer: 'zeros',
        name: 'table',
      }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ units: 1, kernelInitializer: 'ones', name: 'sum' }),
    ],
  });
}

const floats = (...values: number[]) => hostTensor(Float32Array.from(values), [values.length]);
const ids = hostTensor(Int32Array.of(1, 1, 3), [1, 3]);
const batch = { xs: [ids], ys: floats(-1), size: 1 }; // prediction 0, loss 1, slope 2

async function withTable(
  body: (model: tf.LayersModel, parameters: Parameters) => Promise<void>,
): Promise<void> {
  await tf.setBackend('cpu');
  const model = tableModel();
  const parameters = parametersOf(model);
  try {
    await body(model, parameters);
  } finally {
    parameters.dispose();
    model.dispose();
  }
}

const TABLE_GRADIENT = [0, 0, 4, 4, 0, 0, 2, 2]; // id 1 comes twice

describe.each(['cpu', ...OTHERS])('eager engine on %s', (backend) => {
  const engineOf = (model: tf.LayersModel, parameters: Parameters) =>
    eagerEngine({ backend })(model, parameters, meanSquaredError);

  it('fills gradient memory, adds to it, and fills it anew', async () => {
    await withTable(async (model, parameters) => {
      const engine = await engineOf(model, parameters);
      const table = parameters.get('table/embeddings');
      parameters.list.forEach(({ gradient }) => gradient.fill(9)); // of an earlier step
      expect(await engine.gradients(batch, { accumulate: false })).toBe(1);
      expect([...table.gradient]).toEqual(TABLE_GRADIENT);
      expect([...parameters.get('sum/kernel').gradient]).toEqual([0, 0, 0, 0, 0, 0]);
      expect([...parameters.get('sum/bias').gradient]).toEqual([2]);
      await engine.gradients(batch, { accumulate: true });
      expect([...table.gradient]).toEqual(TABLE_GRADIENT.map((value) => 2 * value));
      await engine.gradients(batch, { accumulate: false });
      expect([...table.gradient]).toEqual(TABLE_GRADIENT);
      engine.dispose();
    });
  });

  it('sees weights that were written and uploaded', async () => {
    await withTable(async (model, parameters) => {
      const engine = await engineOf(model, parameters);
      expect((await answer(engine, [ids])).data).toEqual(Float32Array.of(0));
      parameters.get('table/embeddings').weights.set([0, 0, 1, 2, 0, 0, 10, 20]);
      parameters.upload();
      const { shape, data } = await answer(engine, [ids]);
      expect([shape, [...data]]).toEqual([[1, 1], [36]]);
      engine.dispose();
    });
  });

  it('gives a weight that the loss does not depend on the gradient 0', async () => {
    await withTable(async (model, parameters) => {
      const loss = (predictions: tf.Tensor) =>
        predictions
          .mul(0)
          .add(model.getWeights()[2] as tf.Tensor)
          .mean();
      const engine = await eagerEngine({ backend })(model, parameters, loss as typeof meanSquaredError);
      parameters.get('sum/kernel').gradient.fill(9);
      await engine.gradients(batch, { accumulate: false });
      expect([...parameters.get('sum/kernel').gradient]).toEqual([0, 0, 0, 0, 0, 0]);
      engine.dispose();
    });
  });

  it('names itself, gives the backend back, and leaves nothing behind', async () => {
    await expectNoLeak(() =>
      withTable(async (model, parameters) => {
        const engine = await engineOf(model, parameters);
        expect(engine.description).toBe(`eager (tfjs 4.22.0, backend ${backend})`);
        await engine.gradients(batch, { accumulate: false });
        await engine.gradients(batch, { accumulate: true });
        await answer(engine, [ids]);
        engine.dispose();
        expect(tf.getBackend()).toBe('cpu');
      }),
    );
  });

  it('comes back to its backend when someone switched', async () => {
    await withTable(async (model, parameters) => {
      const engine = await engineOf(model, parameters);
      tf.setBackend('cpu');
      await engine.gradients(batch, { accumulate: false });
      expect(tf.getBackend()).toBe(backend);
      engine.dispose();
    });
  });
});

it.each(OTHERS)('trains on %s as on cpu, several inputs, dropout, batch norm and all', async (other) => {
  const run = async (backend: string) => {
    await tf.setBackend('cpu');
    const model = classifierModel();
    const { losses } = await train(classifierTraining(model, { engine: eagerEngine({ backend }), steps: 6 }));
    const result = [...losses, ...weightValues(model)];
    model.dispose();
    return result;
  };
  const [expected, values] = [await run('cpu'), await run(other)];
  values.forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 4));
});

it.each(OTHERS.flatMap((other) => [false, true].map((quantized) => [other, quantized] as const)))(
  'computes the gradients of a BERT on %s as on cpu, quantized: %p',
  async (other, quantized) => {
    const gradients = async (backend: string) => {
      await tf.setBackend('cpu');
      const size = { layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 16, maxPositions: 8 };
      const model = bert({ vocabSize: 20, ...size, dropout: 0.1, attentionDropout: 0.1, seed: 3 });
      const prepared = quantized ? prepare(model, staticInt8()) : undefined;
      const parameters = parametersOf(model);
      const engine = await eagerEngine({ backend })(model, parameters, softmaxCrossEntropy);
      const [tokens, mask, types] = [
        [1, 5, 5, 0, 7, 2, 5, 9],
        [1, 1, 1, 0, 1, 1, 1, 1],
        [0, 0, 1, 0, 0, 1, 1, 1],
      ];
      const xs = [tokens, mask, types].map((row) => hostTensor(Int32Array.from(row), [2, 4]));
      await engine.gradients(
        { xs, ys: hostTensor(Int32Array.of(0, 1), [2]), size: 2 },
        { accumulate: false, clock: { seed: 1, tick: 2 } },
      );
      const result = parameters.list.map(({ path, gradient }) => ({ path, gradient: gradient.slice() }));
      engine.dispose();
      prepared?.detach();
      parameters.dispose();
      model.dispose();
      return result;
    };
    const [expected, values] = [await gradients('cpu'), await gradients(other)];
    expected.forEach(({ path, gradient }, i) => {
      const most = gradient.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-4); // a key's bias has no gradient but rounding
      const far = gradient.findIndex((value, j) => Math.abs(value - values[i]!.gradient[j]!) > 1e-4 * most);
      expect([path, values[i]?.gradient[far]]).toEqual([path, gradient[far]]);
    });
  },
);

it('predicts without dropout and trains with it', async () => {
  await tf.setBackend('cpu');
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 2, inputShape: [64], kernelInitializer: 'ones', name: 'before' }),
      dropout({ name: 'dropped', rate: 0.5 }) as tf.layers.Layer,
    ],
  });
  const parameters = parametersOf(model);
  const engine = await eagerEngine({ backend: 'cpu' })(model, parameters, softmaxCrossEntropy);
  const xs = [hostTensor(new Float32Array(8 * 64).fill(1), [8, 64])];
  expect([...(await answer(engine, xs)).data]).toEqual(Array(16).fill(64));
  const labels = hostTensor(new Int32Array(8), [8]);
  const loss = await engine.gradients({ xs, ys: labels, size: 8 }, { accumulate: false });
  expect(loss).not.toBeCloseTo(Math.LN2, 3); // some logits were dropped
  engine.dispose();
  parameters.dispose();
  model.dispose();
});

it('says which backends there are', async () => {
  await withTable(async (model, parameters) => {
    const engine = eagerEngine({ backend: 'abacus' })(model, parameters, meanSquaredError);
    await expect(engine).rejects.toThrow(UserError);
    await expect(engine).rejects.toThrow(
      'Unknown tfjs backend "abacus": expected one of cpu, wasm, tensorflow',
    );
  });
});

if (!hasTensorflow) {
  it('says how to install the tensorflow backend', async () => {
    await withTable(async (model, parameters) => {
      const engine = eagerEngine({ backend: 'tensorflow' })(model, parameters, meanSquaredError);
      await expect(engine).rejects.toThrow(UserError);
      await expect(engine).rejects.toThrow('npm install @tensorflow/tfjs-node');
    });
  });
}
