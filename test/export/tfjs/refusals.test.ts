import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { weightOnly } from '../../../lib/compress/scheme';
import { weightsOf } from '../../../lib/core/weights';
import { loadTfjs, saveTfjs } from '../../../lib/export/tfjs/folder';
import { perChannel, perTensor } from '../../../lib/quantization/granularity';
import { int8 } from '../../../lib/quantization/spec';
import { compress, edit, file, folderOf, readJson, scratchEachTest, shards, stock } from './saved-model';

scratchEachTest();

test('loadTfjs takes a layer of its own whose activation is a function', async () => {
  class Own extends tf.layers.Layer {
    static readonly className = 'OwnActivated';
    readonly activation = (x: tf.Tensor) => x.square();
    override call(xs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return this.activation([xs].flat()[0]!);
    }
  }
  tf.serialization.registerClass(Own);
  const own = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4] }), new Own({})] });
  saveTfjs(own, folderOf());
  const { model } = await loadTfjs(folderOf());
  expect(model.layers[1]).toBeInstanceOf(Own);
});

describe('loadTfjs refuses', () => {
  beforeEach(() => saveTfjs(stock(), folderOf()));
  const weight = (json: ReturnType<typeof readJson>, i = 0) => json.weightsManifest[0].weights[i];
  const load = () => loadTfjs(folderOf());

  test('a shard that is missing, shorter or longer', async () => {
    const [shard] = shards();
    const bytes = fs.readFileSync(file(shard!));
    fs.writeFileSync(file(shard!), bytes.subarray(1));
    await expect(load()).rejects.toThrow(
      `Expected the ${bytes.length} bytes of weights that ${file('model.json')} tells of`,
    );
    fs.writeFileSync(file(shard!), Buffer.concat([bytes, bytes]));
    await expect(load()).rejects.toThrow(
      `in ${shard}, got ${2 * bytes.length}; copy or save the model again`,
    );
    fs.rmSync(file(shard!));
    await expect(load()).rejects.toThrow(`Expected the shard ${shard}, which`);
  });

  test.each<[string, (json: ReturnType<typeof readJson>) => void, string]>([
    [
      'a path out of the folder',
      (json) => (json.weightsManifest[0].paths = ['../x.bin']),
      'it names "../x.bin" where',
    ],
    [
      'an absolute path',
      (json) => (json.weightsManifest[0].paths = ['/etc/passwd']),
      'it names "/etc/passwd" where',
    ],
    ['the folder above', (json) => (json.whittle = { codes: '..' }), 'it names ".." where'],
    [
      'a huge size',
      (json) => (weight(json).shape = [1e9, 1e5]),
      'Expected the 400000000000176 bytes of weights',
    ],
    [
      'a size beyond all',
      (json) => (weight(json).shape = [1e9, 1e9]),
      'has the shape [1000000000,1000000000]',
    ],
    ['a size that is none', (json) => (weight(json).shape = [4, -6]), 'has the shape [4,-6]'],
    ['another dtype', (json) => (weight(json).dtype = 'string'), 'has dtype "string" instead of float32'],
    [
      'a scale of NaN',
      (json) => (weight(json).quantization = { dtype: 'uint8', scale: null, min: 0 }),
      'has scale null',
    ],
    [
      'a scale of 0',
      (json) => (weight(json).quantization = { dtype: 'uint8', scale: 0, min: 0 }),
      'has scale 0',
    ],
    ['no min', (json) => (weight(json).quantization = { dtype: 'uint16', scale: 1 }), 'min undefined'],
    [
      'unknown codes',
      (json) => (weight(json).quantization = { dtype: 'int4' }),
      'quantized as "int4" instead of',
    ],
    [
      'a weight twice',
      (json) => (weight(json, 1).name = 'body/kernel'),
      'it has the weight "body/kernel" twice',
    ],
    [
      'a weight of no layer',
      (json) => (weight(json).name = 'other/kernel'),
      'has no target variable: other/kernel',
    ],
    ['another shape', (json) => (weight(json).shape = [6, 4]), 'but: '],
    ['no topology', (json) => delete json.modelTopology, 'it has no modelTopology'],
    ['no manifest', (json) => delete json.weightsManifest, 'it has no weightsManifest'],
    [
      'a malformed group',
      (json) => (json.weightsManifest[0].paths = 'x'),
      'a group of its manifest is malformed',
    ],
    ['a graph model', (json) => (json.format = 'graph-model'), 'got a graph model, which cannot be trained'],
    [
      'codes that are not there',
      (json) => (json.whittle = { codes: 'codes.safetensors' }),
      'but there are none',
    ],
    [
      'masks that are not there',
      (json) => (json.whittle = { masks: 'm.safetensors' }),
      'Expected a safetensors file',
    ],
    [
      'a class that is not registered',
      (json) => (json.modelTopology.config.layers[0].class_name = 'Foo'),
      'got the layer "Foo", which is not; import the module that defines it and calls tf.serialization.registerClass before',
    ],
    [
      'a class of a newer version',
      (json) => (json.modelTopology.config.layers[0].class_name = 'WhittleNew'),
      'it is of a newer whittle-tfjs',
    ],
    [
      'a name that no file has',
      (json) => (json.weightsManifest[0].paths = ['\u001b[2J']),
      'it names "\\u001b[2J" where',
    ],
    [
      'a name too long for a file',
      (json) => (json.weightsManifest[0].paths = ['ü'.repeat(128)]),
      'where the name of a file beside it is expected',
    ],
    [
      'an initializer for an activation',
      (json) => (json.modelTopology.config.layers[0].config.activation = 'Zeros'),
      'Expected a function of numbers as activation of layer "body"',
    ],
    [
      'a regularizer for an activation',
      (json) => (json.modelTopology.config.layers[0].config.activation = 'L1L2'),
      'got L1L2; save',
    ],
    [
      'a huge layer',
      (json) => (json.modelTopology.config.layers[0].config.units = 1e15),
      'that tfjs can make in',
    ],
  ])('%s', async (_, change, problem) => {
    edit(change);
    await expect(load()).rejects.toThrow(problem);
  });

  test('a variance below 0', async () => {
    const model = stock();
    const { variable } = weightsOf(model).find(({ name }) => name === 'moving_variance')!;
    variable.assign(tf.tensor1d([1, 1, -0.5, 1, 1, 1]));
    saveTfjs(model, folderOf());
    await expect(load()).rejects.toThrow('Expected variances from 0 of ');
    await expect(load()).rejects.toThrow('got -0.5 in "norm/moving_variance": the file is damaged');
  });

  test('what is no JSON, has a key twice, or is not there', async () => {
    fs.writeFileSync(file('model.json'), '{"modelTopology": {');
    await expect(load()).rejects.toThrow('it is no JSON object');
    fs.writeFileSync(file('model.json'), '{"format": "a", "format": "b"}');
    await expect(load()).rejects.toThrow('it has "format" twice');
    fs.rmSync(file('model.json'));
    await expect(load()).rejects.toThrow('save the model again if saving was broken off');
  });

  test('codes whose spec is not theirs', async () => {
    const compressed = await compress(stock(), weightOnly(int8(perTensor(), { full: true })));
    saveTfjs(compressed, folderOf());
    const spec = (change: object) => edit((json) => Object.assign(weight(json).quantization.spec, change));
    for (const change of [{ bits: 4 }, { format: 'fp16' }, { granularity: 7 }]) {
      spec(change);
      await expect(load()).rejects.toThrow('but the spec there is of others');
      saveTfjs(compressed, folderOf());
    }
    spec({ bits: 99 });
    await expect(load()).rejects.toThrow('2 to 8 bits');
  });

  test('codes of another shape than the weight', async () => {
    const compressed = await compress(stock(), weightOnly(int8(perChannel())));
    saveTfjs(compressed, folderOf(), { codes: true });
    edit((json) => (weight(json).quantization.codes = 'head/kernel'));
    await expect(load()).rejects.toThrow('Expected codes of shape [4, 6] for the weight "body/kernel"');
    edit((json) => (weight(json).quantization.codes = 'no/kernel'));
    await expect(load()).rejects.toThrow('got none');
  });
});

describe('saveTfjs refuses, and leaves the folder as it was,', () => {
  test('codes that are not the weights’ any more', async () => {
    const compressed = await compress(stock(), weightOnly(int8(perTensor())));
    const { variable } = weightsOf(compressed.model)[0]!;
    tf.tidy(() => variable.assign(variable.add(1)));
    expect(() => saveTfjs(compressed, folderOf())).toThrow('Expected the codes of "body/kernel"');
    expect(fs.existsSync(folderOf())).toBe(false);
  });

  test('two weights of one name', () => {
    const [a, b] = [stock(), stock()];
    const input = tf.input({ shape: [4] });
    const outputs = [a, b].map((model) => model.apply(input) as tf.SymbolicTensor);
    (b as { name: string }).name = 'other';
    const model = tf.model({ inputs: input, outputs: tf.layers.add().apply(outputs) as tf.SymbolicTensor });
    expect(() => saveTfjs(model, folderOf())).toThrow(
      'got two called "body/kernel", which tfjs could not load',
    );
  });
});
