import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';

const { adamW, constantRate, convert, fromTensors, meanSquaredError, prepare, report, staticInt8, train } =
  whittle;

beforeAll(() => tf.setBackend('cpu'));

describe('masks', () => {
  test('are the model’s: prune, train again with QAT, convert: the zeros stay', async () => {
    const model = whittle.mlp({ inputSize: 6, hiddenSizes: [12], outputSize: 2, seed: 1 });
    const xs = tf.randomNormal([32, 6], 0, 1, 'float32', 1);
    const data = fromTensors(xs, xs.slice([0, 0], [32, 2]), { batchSize: 8 });
    const rest = {
      model,
      data,
      loss: meanSquaredError,
      optimizer: adamW(),
      learningRate: constantRate(0.01),
      steps: 8,
    };
    const schedule = whittle.oneShot({ finalSparsity: 0.5, beginStep: 4 });
    await train({ ...rest, callbacks: [whittle.pruning({ pruner: whittle.magnitudePruner({ schedule }) })] });
    const [kernel] = [...whittle.masksOf(model).values()];
    expect(kernel!.filter((keep) => keep === 0)).toHaveLength(36);

    const prepared = prepare(model, staticInt8());
    const { values } = await quantizationAware(rest, prepared);
    const compressed = convert(prepared);
    const codes = whittle.codesOf(compressed.weights.get('hidden/0/kernel')!);
    kernel!.forEach((keep, i) => keep === 0 && expect([values[i], codes[i]]).toEqual([0, 0]));
    expect(whittle.masksOf(compressed.model)).toEqual(whittle.masksOf(model));
    expect(report(compressed).targets.sparsity).toBeGreaterThanOrEqual(0.5);
    prepared.detach();
  });

  test('may be latent: prune, and train with QAT on all weights; the converted model answers as the prepared one does', async () => {
    const model = whittle.mlp({ inputSize: 6, hiddenSizes: [12], outputSize: 2, seed: 1 });
    const xs = tf.randomNormal([32, 6], 0, 1, 'float32', 1);
    const data = fromTensors(xs, xs.slice([0, 0], [32, 2]), { batchSize: 8 });
    const prepared = prepare(model, staticInt8());
    const schedule = whittle.cubicDecay({ finalSparsity: 0.5, end: 0.5, frequency: 2 });
    const { magnitude, regrow } = whittle;
    const pruner = whittle.pruner({ schedule, saliency: magnitude, rule: regrow, maskKind: 'latent' });
    const callbacks = [whittle.pruning({ pruner }), whittle.quantization({ prepared, freezeObserversAt: 8 })];
    const rest = {
      model,
      data,
      loss: meanSquaredError,
      optimizer: adamW(),
      learningRate: constantRate(0.01),
    };
    await train({ ...rest, callbacks, steps: 8 });
    const [path, mask] = [...whittle.masksOf(model)][0]!;
    expect(mask.filter((keep) => keep === 0)).toHaveLength(36);
    const latent = whittle.weightsOf(model)[0]!.variable.dataSync();
    expect(latent.filter((value) => value === 0)).toHaveLength(0);

    const compressed = convert(prepared);
    const codes = whittle.codesOf(compressed.weights.get(path)!);
    mask.forEach((keep, i) => keep === 0 && expect(codes[i]).toBe(0));
    expect(whittle.masksOf(compressed.model)).toEqual(new Map([[path, mask]])); // hard, since they are baked in
    const x = whittle.hostTensor(Float32Array.from(xs.dataSync()), [32, 6]);
    const inferences = [await whittle.inferenceOf(model), await whittle.inferenceOf(compressed)] as const;
    expect(await inferences[0].predict([x])).toEqual(await inferences[1].predict([x]));
    await Promise.all(inferences.map((each) => each.dispose()));
    prepared.detach();
  });

  async function quantizationAware(
    rest: Omit<whittle.TrainOptions, 'callbacks'>,
    prepared: whittle.Prepared,
  ): Promise<{ values: Float32Array }> {
    await train({ ...rest, callbacks: [whittle.quantization({ prepared, freezeObserversAt: 4 })] });
    const [{ variable }] = whittle.weightsOf(prepared.model) as [whittle.Weight];
    return { values: variable.dataSync() as Float32Array };
  }
});
