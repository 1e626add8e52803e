import * as tf from '@tensorflow/tfjs';
import { Batch } from '../../../datasets/batch';
import { hostTensor } from '../../../lib/core/host-tensor';
import { Program } from '../../../lib/compile/program';
import { prepare } from '../../../lib/compress/prepare';
import { staticInt8 } from '../../../lib/compress/scheme';
import { bert } from '../../../lib/models/bert';
import { seededRandom } from '../../../lib/core/random';
import { EngineFactory } from '../../../trainers/engine';
import { compiledEngine } from '../../../trainers/engines/compiled';
import { eagerEngine } from '../../../trainers/engines/eager';
import { softmaxCrossEntropy } from '../../../trainers/losses';
import { adamW } from '../../../trainers/optimizer';
import { parametersOf } from '../../../trainers/parameters';

const VOCABULARY = 80;

function tinyBert(): tf.LayersModel {
  const size = { layers: 2, hiddenSize: 16, heads: 2, intermediateSize: 32, maxPositions: 16 };
  return bert({ vocabSize: VOCABULARY, ...size, dropout: 0.1, attentionDropout: 0.1, seed: 3 });
}

function batch(step: number, size = 4, length = 8): Batch {
  const random = seededRandom(step, 'batch');
  const ids = Int32Array.from({ length: size * length }, () => Math.floor(random() ** 3 * VOCABULARY));
  const mask = ids.map((_, i) => (i % length < length - ((i >> 3) % 3) ? 1 : 0));
  const types = ids.map((_, i) => (i % length > length / 2 ? 1 : 0));
  const ys = Int32Array.from({ length: size }, (_, i) => ids[i * length]! % 2);
  return {
    xs: [ids, mask, types].map((x) => hostTensor(x, [size, length])),
    ys: hostTensor(ys, [size]),
    size,
  };
}

async function losses(factory: EngineFactory, steps: number, model = tinyBert()): Promise<number[]> {
  const optimizer = adamW();
  const parameters = parametersOf(model, { slots: optimizer.slots });
  const engine = await factory(model, parameters, softmaxCrossEntropy);
  const result: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const clock = { seed: 7, tick: step };
    result.push(await engine.gradients(batch(step % 5), { accumulate: false, clock }));
    optimizer.apply(parameters, { learningRate: 1e-3, step, clipNorm: 1 });
  }
  engine.dispose();
  parameters.dispose();
  return result;
}

function farthest(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
}

describe('compiledEngine', () => {
  it('follows the eager engine loss by loss over 50 steps, dropout included', async () => {
    const eager = await losses(eagerEngine({ backend: 'cpu' }), 50);
    const compiled = await losses(compiledEngine({ threads: 2 }), 50);
    expect(farthest(compiled, eager)).toBeLessThan(1e-4);
    expect(new Set(compiled).size).toBe(50);
  });

  it('follows the eager engine in quantization-aware training with the integer path off', async () => {
    const simulated = (): tf.LayersModel => {
      const model = tinyBert();
      prepare(model, staticInt8({ integer: false }));
      return model;
    };
    const eager = await losses(eagerEngine({ backend: 'cpu' }), 20, simulated());
    const compiled = await losses(compiledEngine({ threads: 2 }), 20, simulated());
    expect(farthest(compiled.slice(0, 3), eager.slice(0, 3))).toBeLessThan(1e-5);
    expect(farthest(compiled, eager)).toBeLessThan(0.02); // by then roundings of a code have gone the other way
  });

  it('multiplies integers in quantization-aware training, close to their simulation', async () => {
    const compile = jest.spyOn(Program, 'compile');
    const quantized = (integer: boolean): tf.LayersModel => {
      const model = tinyBert();
      prepare(model, staticInt8({ integer }));
      return model;
    };
    const simulated = await losses(compiledEngine({ threads: 2 }), 10, quantized(false));
    const integer = await losses(compiledEngine({ threads: 2 }), 10, quantized(true));
    const [without, within] = await Promise.all(
      compile.mock.results.map(({ value }) => value as Promise<Program>),
    );
    compile.mockRestore();
    const count = (program: Program): number =>
      program.operators.filter((op) => op === 'MatMulIntegerToFloat').length;
    expect(count(without!)).toBe(0);
    expect(count(within!)).toBe(2 * 6 + 2); // every dense layer: 6 per encoder layer, pooler, classifier
    expect(farthest(integer.slice(0, 1), simulated.slice(0, 1))).toBeLessThan(1e-6);
    expect(farthest(integer, simulated)).toBeLessThan(1e-2);
  });

  it('adds gradients up when accumulating', async () => {
    const model = tinyBert();
    const parameters = parametersOf(model);
    const engine = await compiledEngine({ threads: 1 })(model, parameters, softmaxCrossEntropy);
    const gradients = (): Float32Array[] => parameters.list.map(({ gradient }) => gradient.slice());
    const clock = { seed: 1, tick: 1 };
    await engine.gradients(batch(1), { accumulate: false, clock });
    const first = gradients();
    await engine.gradients(batch(1), { accumulate: true, clock });
    gradients().forEach((twice, i) => {
      const largest = Math.max(...first[i]!.map(Math.abs));
      const error = Math.max(...twice.map((value, j) => Math.abs(value - 2 * first[i]![j]!)));
      expect(error).toBeLessThanOrEqual(1e-6 * largest);
    });
    engine.dispose();
    parameters.dispose();
  });

  const toggles: [string, (model: tf.LayersModel) => void][] = [
    ['a transform is attached', (model) => void prepare(model, staticInt8())],
    ['a layer is frozen', (model) => (model.getLayer('pooler').trainable = false)],
    ['dropout changes', (model) => Object.assign(model.getLayer('classifier/dropout'), { rate: 0.5 })],
  ];
  it.each(toggles)('compiles again when %s', async (_, toggle) => {
    const model = tinyBert();
    const parameters = parametersOf(model);
    const engine = await compiledEngine({ threads: 1 })(model, parameters, softmaxCrossEntropy);
    const compile = jest.spyOn(Program, 'compile');
    await engine.gradients(batch(1), { accumulate: false });
    await engine.gradients(batch(2), { accumulate: false });
    expect(compile).toHaveBeenCalledTimes(1);
    toggle(model);
    await engine.gradients(batch(1), { accumulate: false });
    expect(compile).toHaveBeenCalledTimes(2);
    compile.mockRestore();
    engine.dispose();
    parameters.dispose();
  });

  it('keeps programs that run while others are asked for, and frees them after dispose', async () => {
    const shapes = [1, 2, 3, 4, 1].map((size, i) => batch(i, size, 4 + 2 * (i % 2)));
    const model = tinyBert();
    const parameters = parametersOf(model);
    const answers = async (maxPrograms: number, together: boolean) => {
      const engine = await compiledEngine({ threads: 1, maxPrograms })(
        model,
        parameters,
        softmaxCrossEntropy,
      );
      const { predict } = await engine.inference();
      const calls = [];
      for (const { xs } of shapes) {
        calls.push(predict(xs));
        if (!together) await calls.at(-1);
      }
      engine.dispose();
      return (await Promise.all(calls)).map(({ data }) => [...data]);
    };
    const expected = await answers(8, false);
    await new Promise(setImmediate); // the first engine has let go of its programs
    const released = jest.spyOn(Program.prototype, 'release');
    expect(await answers(1, true)).toEqual(expected);
    await new Promise(setImmediate);
    expect(released).toHaveBeenCalledTimes(4);
    released.mockRestore();
    parameters.dispose();
  });

  it('lets a prepared model, which answers as a file, finish before it is let go of', async () => {
    const model = tinyBert();
    prepare(model, staticInt8());
    const parameters = parametersOf(model);
    const engine = await compiledEngine({ threads: 1 })(model, parameters, softmaxCrossEntropy);
    await engine.gradients(batch(1), { accumulate: false }); // observers have seen something
    const inference = await engine.inference();
    const [answer] = await Promise.all([inference.predict(batch(1).xs), inference.dispose()]);
    expect(answer.data.every(Number.isFinite)).toBe(true);
    engine.dispose();
    parameters.dispose();
  });

  it('says what runs', async () => {
    const model = tinyBert();
    const parameters = parametersOf(model);
    const engine = await compiledEngine({ threads: 2 })(model, parameters, softmaxCrossEntropy);
    expect(engine.description).toBe('compiled (onnxruntime cpu, 2 threads)');
  });
});
