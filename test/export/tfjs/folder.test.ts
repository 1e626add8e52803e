import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { staticInt8, weightOnly } from '../../../lib/compress/scheme';
import { loadTfjs, saveTfjs } from '../../../lib/export/tfjs/folder';
import { bert } from '../../../lib/models/bert';
import { maskSet } from '../../../lib/pruning/mask';
import { maskedLanguageModel } from '../../../lib/models/masked-language-model';
import { mlp } from '../../../lib/models/mlp';
import { masksOf, setMasks } from '../../../lib/pruning/model-masks';
import { perChannel, perChannelGroup, perTensor } from '../../../lib/quantization/granularity';
import { fp16, int4, int8, uint8 } from '../../../lib/quantization/spec';
import '../../../lib/export/tfjs/file-router';
import { expectNoLeak } from '../../leaks';
import { small } from '../saved-folder';
import {
  askStock,
  bertInputs,
  compress,
  file,
  folderOf,
  names,
  outputOf,
  readJson,
  scratchEachTest,
  shards,
  stock,
  valuesOf,
  x,
} from './saved-model';

scratchEachTest();

describe('loadTfjs', () => {
  const specs = [
    int8(perTensor()),
    int8(perTensor(), { full: true }),
    uint8(perTensor()),
    int4(perTensor()),
    fp16(),
  ];

  test.each(specs)('gives codes in shards back: $bits bits, $format', async (spec) => {
    const compressed = await compress(stock(), weightOnly(spec));
    saveTfjs(compressed, folderOf());
    const { model, weights, skipped } = await loadTfjs(folderOf());
    expect(weights.size).toBe(2);
    expect(JSON.stringify([...weights])).toEqual(JSON.stringify([...compressed.weights]));
    expect(valuesOf(model)).toEqual(valuesOf(compressed.model));
    expect(outputOf(model)).toEqual(outputOf(compressed.model));
    expect(skipped).toEqual([]);
  });

  test('gives codes that lie beside back, in less room', async () => {
    const compressed = await compress(stock(64), weightOnly(int4(perChannelGroup(2))));
    saveTfjs(compressed, folderOf());
    const floats = fs.statSync(file(shards()[0]!)).size;
    expect((await loadTfjs(folderOf())).weights.size).toBe(0);
    saveTfjs(compressed, folderOf(), { codes: true });
    expect(names().map((name) => name.replace(/-[0-9a-f]{16}/, ''))).toEqual([
      'codes.safetensors',
      'group1-shard1of1.bin',
      'model.json',
    ]);
    expect(fs.statSync(file(shards()[0]!)).size).toBeLessThan(floats);
    const { model, weights } = await loadTfjs(`file://${folderOf()}`);
    expect(JSON.stringify([...weights])).toEqual(JSON.stringify([...compressed.weights]));
    expect(outputOf(model)).toEqual(outputOf(compressed.model));
    const byTfjs = await tf.loadLayersModel(`file://${folderOf()}/model.json`);
    expect(outputOf(byTfjs)).toEqual(outputOf(compressed.model));
  });

  test('gives a BERT with quantized activations back', async () => {
    const compressed = await compress(bert(small), staticInt8(), bertInputs());
    saveTfjs(compressed, folderOf(), { codes: true });
    const loaded = await loadTfjs(folderOf());
    expect([...loaded.weights.keys()]).toEqual([...compressed.weights.keys()]);
    expect(outputOf(loaded.model, bertInputs())).toEqual(outputOf(compressed.model, bertInputs()));
    saveTfjs(loaded, folderOf('again'), { codes: true });
    expect(fs.readdirSync(folderOf('again')).sort()).toEqual(names());
  });

  test('gives masks back, and refuses to save latent ones', async () => {
    const model = stock();
    const mask = Uint8Array.from({ length: 24 }, (_, i) => i % 2);
    setMasks(model, new Map([['body/kernel', mask]]));
    saveTfjs(model, folderOf());
    const { model: loaded } = await loadTfjs(folderOf());
    expect(masksOf(loaded)).toEqual(new Map([['body/kernel', mask]]));
    setMasks(model, maskSet([['body/kernel', mask]], ['body/kernel']));
    expect(() => saveTfjs(model, folderOf())).toThrow(
      'got a latent mask of "body/kernel"; call hardenMasks(model)',
    );
  });

  test('keeps what a program wrote into the model’s metadata, and optimizers that model.save wrote', async () => {
    const model = stock();
    model.setUserDefinedMetadata({ labels: ['no', 'yes'] });
    saveTfjs(model, folderOf());
    expect((await loadTfjs(folderOf())).model.getUserDefinedMetadata()).toEqual({ labels: ['no', 'yes'] });
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await model.fit(x(), tf.zeros([5, 2]), { epochs: 1, verbose: 0 });
    await model.save(`file://${folderOf()}`, { includeOptimizer: true });
    const { model: loaded } = await loadTfjs(folderOf());
    expect(loaded.optimizer.getClassName()).toBe('Adam');
    expect(outputOf(loaded)).toEqual(outputOf(model));
  });

  test('leaves no tensors but the model’s', async () => {
    const compressed = await compress(stock(), weightOnly(int8(perTensor())));
    await expectNoLeak(async () => {
      saveTfjs(compressed, folderOf());
      (await loadTfjs(folderOf())).model.dispose();
    });
  });
});

describe('a folder', () => {
  test('has shards of 4 MiB, the last shorter, and the same bytes each time', async () => {
    const model = tf.sequential();
    model.add(tf.layers.dense({ units: 1100, inputShape: [1000], name: 'wide' })); // 4 404 400 bytes
    saveTfjs(model, folderOf());
    expect(shards().map((name) => fs.statSync(file(name)).size)).toEqual([2 ** 22, 4_404_400 - 2 ** 22]);
    const before = names();
    saveTfjs(model, folderOf());
    expect(names()).toEqual(before);
    const { model: loaded } = await loadTfjs(folderOf());
    const [wide, same] = [model, loaded].map(({ weights: [kernel] }) =>
      Buffer.from(kernel!.read().dataSync().buffer),
    );
    expect(same!.equals(wide!)).toBe(true);
  });

  test('with another model in it gets the new one; other files stay', async () => {
    const compressed = await compress(stock(), weightOnly(int4(perChannelGroup(2))));
    saveTfjs(compressed, folderOf(), { codes: true });
    fs.writeFileSync(file('notes.txt'), 'mine');
    fs.writeFileSync(file('group1-shard1of1.bin'), 'of a converter');
    const model = stock(7);
    saveTfjs(model, folderOf());
    const [own] = shards().filter((name) => name.includes('-shard1of1-'));
    expect(names()).toEqual([own, 'group1-shard1of1.bin', 'model.json', 'notes.txt'].sort());
    expect(valuesOf((await loadTfjs(folderOf())).model)).toEqual(valuesOf(model));
  });

  test('that a killed process half wrote holds the earlier model', async () => {
    const model = stock();
    saveTfjs(model, folderOf());
    const earlier = fs.readFileSync(file('model.json'));
    const [shard] = shards();
    const bytes = fs.readFileSync(file(shard!));
    saveTfjs(stock(7), folderOf()); // whose shards a kill before the end would leave beside the earlier ones
    fs.writeFileSync(file('model.json'), earlier);
    fs.writeFileSync(file(shard!), bytes);
    fs.writeFileSync(file('model.json.part'), '{"modelTop');
    expect(valuesOf((await loadTfjs(folderOf())).model)).toEqual(valuesOf(model));
    expect(shards()).toHaveLength(2);
    saveTfjs(model, folderOf());
    expect(shards()).toEqual([shard]);
  });

  test('of a model without weights, and of one all of whose weights lie beside, loads', async () => {
    const flat = tf.sequential();
    flat.add(tf.layers.flatten({ inputShape: [2, 2], name: 'flat' }));
    saveTfjs(flat, folderOf());
    expect(names()).toEqual(['model.json']);
    expect((await loadTfjs(folderOf())).model.layers).toHaveLength(1);
    expect((await askStock([tf.ones([1, 2, 2])])).outputs).toEqual([1, 1, 1, 1]);
    const one = tf.sequential();
    one.add(tf.layers.dense({ units: 4, useBias: false, inputShape: [4], name: 'one' }));
    const compressed = await compress(one, weightOnly(int8(perChannel())));
    saveTfjs(compressed, folderOf(), { codes: true });
    expect(shards()).toEqual([]);
    expect(outputOf((await loadTfjs(folderOf())).model)).toEqual(outputOf(compressed.model));
    expect((await askStock()).error).toContain('whose loadTfjs reads this folder');
  });
});

describe('every kind of layer comes back as it was:', () => {
  const { layers } = tf;
  const sequential = (...all: tf.layers.Layer[]) => tf.sequential({ layers: all });
  const images = { inputShape: [6, 6, 2] };
  const words = { ...small, layers: 1, heads: 2, seed: 3 };

  test.each<[string, () => tf.LayersModel]>([
    [
      'separable convolutions, whose multiplier tfjs forgets',
      () => sequential(layers.separableConv2d({ filters: 3, kernelSize: 2, depthMultiplier: 2, ...images })),
    ],
    [
      'depthwise convolutions and activations with settings',
      () =>
        sequential(layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, ...images }), layers.prelu()),
    ],
    [
      'wrappers and recurrent layers',
      () =>
        sequential(
          layers.bidirectional({
            layer: layers.lstm({ units: 3, returnSequences: true }) as tf.RNN,
            mergeMode: 'concat',
            inputShape: [4, 2],
          }),
          layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
          layers.gru({ units: 2 }),
        ),
    ],
    [
      'models in models, names of any spelling',
      () =>
        sequential(
          sequential(layers.dense({ units: 3, inputShape: [2], name: 'My_Layer' })),
          layers.dense({ units: 1 }),
        ),
    ],
    ['a perceptron of ours', () => mlp({ inputSize: 3, hiddenSizes: [4], outputSize: 2, dropout: 0.1 })],
    ['a RoBERTa', () => bert({ ...words, family: 'roberta' })],
    ['a model of hidden words, tied to its table', () => maskedLanguageModel(bert(words))],
  ])('%s', async (_, make) => {
    const model = make();
    saveTfjs(model, folderOf());
    const json = readJson();
    const { model: loaded } = await loadTfjs(folderOf());
    const xs = model.inputs.map(({ shape, dtype }, i) =>
      tf
        .randomUniform(
          shape.map((size) => size ?? 4),
          0,
          4,
          'float32',
          i + 1,
        )
        .cast(dtype),
    );
    expect(outputOf(loaded, xs)).toEqual(outputOf(model, xs));
    saveTfjs(loaded, folderOf());
    expect(readJson().weightsManifest).toEqual(json.weightsManifest);
  });
});
