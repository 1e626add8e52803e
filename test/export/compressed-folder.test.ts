import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { calibrate } from '../../lib/compress/calibrate';
import { needsCalibration } from '../../lib/compress/needs-calibration';
import { Compressed } from '../../lib/compress/compressed';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { report } from '../../lib/compress/report';
import { Rules } from '../../lib/compress/rules';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';
import { attach } from '../../lib/core/attach';
import { fileSizes } from '../../lib/core/file-sizes';
import { forward } from '../../lib/forward/forward';
import { hostOf } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import {
  loadHuggingFace,
  saveHuggingFace,
  SaveHuggingFaceOptions,
} from '../../lib/export/hugging-face/folder';
import { exportOnnx } from '../../lib/export/onnx/export-onnx';
import { readSafetensors, readStored, Storable, writeSafetensors } from '../../lib/export/safetensors';
import { bert } from '../../lib/models/bert';
import { loadMasks, saveMasks } from '../../lib/pruning/mask-file';
import { maskSet } from '../../lib/pruning/mask';
import { hardenMasks, masksOf, setMasks } from '../../lib/pruning/model-masks';
import { decode } from '../../lib/quantization/decode';
import { perGroup } from '../../lib/quantization/granularity';
import { int4, uint8 } from '../../lib/quantization/spec';
import { compiledEngine } from '../../trainers/engines/compiled';
import { inferenceOf } from '../../trainers/inference';
import { softmaxCrossEntropy } from '../../trainers/losses';
import { parametersOf } from '../../trainers/parameters';
import { expectNoLeak } from '../leaks';
import { edit, labels, small, tokenizerFiles } from './saved-folder';

let folder: string;
beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'compressed-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const int = (row: number[]) => tf.tensor2d([row], undefined, 'int32');
const xs = () => [int([2, 5, 7, 3]), int([1, 1, 1, 1]), int([0, 0, 1, 1])];
const logits = (model: tf.LayersModel) => [...forward(model, xs(), false).dataSync()];
const file = (name: string) => path.join(folder, name);

async function save(
  rules: Rules = staticInt8(),
  options: Partial<SaveHuggingFaceOptions> = {},
): Promise<Compressed> {
  const prepared = prepare(bert(small), rules);
  if (needsCalibration(prepared)) await calibrate(prepared, [xs()]);
  const compressed = convert(prepared);
  prepared.detach();
  saveHuggingFace(compressed, folder, { tokenizerFiles, labels, ...options });
  return compressed;
}

/** What onnxruntime answers from a file of the folder. */
async function run(name: string): Promise<number[]> {
  const session = await ort.InferenceSession.create(file(`onnx/${name}.onnx`));
  const values = xs().map((x) => BigInt64Array.from(x.dataSync(), BigInt));
  const feeds = session.inputNames.map((input, i) => [input, new ort.Tensor('int64', values[i]!, [1, 4])]);
  const { logits: output } = await session.run(Object.fromEntries(feeds) as ort.InferenceSession.FeedsType);
  await session.release();
  return [...(output!.data as Float32Array)];
}

/** What we answer. */
async function answersOf(subject: Compressed): Promise<number[]> {
  const inference = await inferenceOf(subject);
  const { data } = await inference.predict(xs().map(hostOf));
  await inference.dispose();
  return [...data];
}

describe('a compressed folder', () => {
  test('gives the compressed model back: floats, codes, ranges', async () => {
    const compressed = await save();
    const loaded = loadHuggingFace(folder);
    expect(logits(loaded.model)).toEqual(logits(compressed.model));
    expect([...loaded.weights]).toEqual(
      [...compressed.weights].map(([name, weight]) => [
        name,
        expect.objectContaining({ codes: weight.codes, scales: weight.scales, shape: weight.shape }),
      ]),
    );
    const quantizers = ({ layers }: tf.LayersModel) =>
      layers.filter((layer) => layer.getClassName() === 'WhittleQuantize').map((layer) => layer.getConfig());
    expect(quantizers(loaded.model)).toEqual(quantizers(compressed.model));
  });

  test('has the floats that the codes stand for, for Python, and the codes as anybody reads them', async () => {
    const { weights } = await save();
    const floats = readSafetensors(file('model.safetensors')).get('bert.embeddings.word_embeddings.weight')!;
    const table = weights.get('embeddings/token/embeddings')!;
    expect(floats.data).toEqual(decode(table));
    const { tensors, metadata } = readStored(file('codes.safetensors'));
    expect(tensors.get('embeddings/token/embeddings/codes')).toMatchObject({ dtype: 'I8', shape: [9, 8] });
    expect(tensors.get('embeddings/token/embeddings/scales')).toMatchObject({ dtype: 'F32', shape: [9] });
    expect(JSON.parse(metadata['whittle']!).weights['classifier/kernel']).toEqual({
      ...{ bits: 7, signed: true, symmetric: true, narrowRange: true, shape: [8, 3] },
      granularity: { name: 'perAxis', axes: [1] },
    });
  });

  test('on request without them, and smaller', async () => {
    const compressed = await save(staticInt8(), { floats: false, onnx: false });
    expect([...readSafetensors(file('model.safetensors')).keys()].sort()).not.toContain('classifier.weight');
    expect(logits(loadHuggingFace(folder).model)).toEqual(logits(compressed.model));
    const { files, total } = report(compressed, { folder });
    const bytes = Object.fromEntries(files!.map(({ file: name, bytes: size }) => [name, size]));
    const weightBytes = bytes['model.safetensors']! + bytes['codes.safetensors']!;
    expect(weightBytes).toBeGreaterThan(total.bytes);
    expect(bytes['codes.safetensors']).toBe(fs.statSync(file('codes.safetensors')).size);
    for (const { file: name, gzippedBytes } of files!)
      expect(gzippedBytes).toBe(gzipSync(fs.readFileSync(file(name))).length);
  });

  test('of packed and of affine codes', async () => {
    const rules = [
      { match: '**', use: weightOnly(int4(perGroup(0, 5))) },
      { match: 'encoder/**', use: weightOnly(uint8(perGroup(1, 4))) },
    ];
    for (const floats of [true, false]) {
      const compressed = await save(rules, { floats, onnx: false });
      const loaded = loadHuggingFace(folder);
      expect(logits(loaded.model)).toEqual(logits(compressed.model));
      expect(loaded.weights.get('pooler/kernel')!.codes).toEqual(
        compressed.weights.get('pooler/kernel')!.codes,
      );
    }
  });

  test('is trained on as floats where that is asked for', async () => {
    const { model } = await save();
    const floats = loadHuggingFace(folder, { codes: false });
    expect(floats.weights.size).toBe(0);
    expect(floats.model.layers.map(({ name }) => name)).toEqual(bert(small).layers.map(({ name }) => name));
    const kernel = (of: tf.LayersModel) => weightsOf(of).find(({ path: name }) => name === 'pooler/kernel')!;
    expect(kernel(floats.model).variable.dataSync()).toEqual(kernel(model).variable.dataSync());
  });

  test('whose floats were written since is refused, rather than answering as it no longer is', async () => {
    await save();
    edit(folder, (tensors) => void (tensors.get('classifier.weight')!.data[0]! += 1));
    expect(() => loadHuggingFace(folder)).toThrow(
      /codes of classifier.weight .* to stand for what model.safetensors holds.*delete codes.safetensors/,
    );
  });

  test('gives up codes where a dense model is saved over it', async () => {
    await save();
    const dense = bert({ ...small, seed: 2 });
    saveHuggingFace(dense, folder, { tokenizerFiles, labels, onnx: false });
    expect(fs.existsSync(file('codes.safetensors'))).toBe(false);
    expect(logits(loadHuggingFace(folder).model)).toEqual(logits(dense));
  });

  test('has the compressed program where transformers.js looks for it, the floats beside, and no other', async () => {
    const programs = () => fs.readdirSync(file('onnx')).sort();
    const config = () => JSON.parse(fs.readFileSync(file('config.json'), 'utf8'))['transformers.js_config'];
    await save();
    expect([programs(), config()]).toEqual([['model.onnx', 'model_quantized.onnx'], { dtype: 'q8' }]);
    await save(weightOnly(int4(perGroup(0, 4))));
    expect([programs(), config()]).toEqual([['model.onnx', 'model_q4.onnx'], { dtype: 'q4' }]);
    await save(weightOnly({ ...int4(), bits: 2 }), { floats: false });
    expect([programs(), config()]).toEqual([['model_q2.onnx'], { dtype: 'q2' }]);
    saveHuggingFace(bert(small), folder, { tokenizerFiles, labels });
    expect([programs(), config()]).toEqual([['model.onnx'], { dtype: 'fp32' }]);
    await save(staticInt8(), { onnx: false });
    expect([programs(), config()]).toEqual([[], undefined]);
  });

  test('has two programs: of the codes with their ranges, and of the floats alone', async () => {
    const compressed = await save();
    await expectNoLeak(() => saveHuggingFace(compressed, folder, { tokenizerFiles, labels }));
    const [codes, plain] = [await run('model_quantized'), await run('model')];
    expect(codes).toEqual(await answersOf(loadHuggingFace(folder)));
    const floats = logits(loadHuggingFace(folder, { codes: false }).model);
    floats.forEach((value, i) => expect(plain[i]).toBeCloseTo(value, 5));
    expect(plain).not.toEqual(codes);
  });

  test('of ranges alone, without codes of weights, has the ranges', async () => {
    const { input } = staticInt8();
    const compressed = await save({ input });
    expect(compressed.weights.size).toBe(0);
    const loaded = loadHuggingFace(folder);
    expect(logits(loaded.model)).toEqual(logits(compressed.model));
    expect(logits(loadHuggingFace(folder, { codes: false }).model)).not.toEqual(logits(compressed.model));
  });

  test('stays as it is where the next model has no program, and none is begun', async () => {
    await save();
    const contents = () => fileSizes(folder).map(({ file: name }) => fs.readFileSync(file(name)));
    const before = contents();
    const model = bert({ ...small, seed: 2 });
    attach(model.getLayer('pooler'), 'output', {
      revision: 'no program',
      apply: (x) => tf.engine().runKernel('NoSuchKernel', { x }) as tf.Tensor,
      state: () => ({}),
      dispose: () => undefined,
    });
    for (const place of [folder, path.join(folder, 'again')]) {
      expect(() => saveHuggingFace(model, place, { tokenizerFiles, labels })).toThrow('NoSuchKernel');
    }
    expect(contents()).toEqual(before);
  });

  test('with a new classifier, or fewer layers, keeps the codes of the rest', async () => {
    await save();
    const { weights, model } = loadHuggingFace(folder, { layers: 1, newClassifier: true });
    expect(weights.has('classifier/kernel')).toBe(false);
    expect([...weights.keys()].filter((name) => name.startsWith('encoder/1'))).toEqual([]);
    expect(weights.has('encoder/0/ffn/up/kernel')).toBe(true);
    expect(logits(model)).toHaveLength(3);
  });

  test('of a model that was given other weights since is refused, before anything is written', async () => {
    const compressed = await save();
    const parameters = parametersOf(compressed.model);
    const engine = await compiledEngine()(compressed, parameters, softmaxCrossEntropy);
    await (await engine.inference()).dispose();
    const { variable } = weightsOf(compressed.model).find(({ path: name }) => name === 'pooler/kernel')!;
    tf.tidy(() => variable.assign(variable.add(1)));
    const again = path.join(folder, 'again');
    const problem = 'Expected the codes of "pooler/kernel" to stand for the weights of "bert"';
    expect(() => saveHuggingFace(compressed, again, { tokenizerFiles, labels })).toThrow(problem);
    expect(() => exportOnnx(compressed, path.join(again, 'model.onnx'))).toThrow(problem);
    await expect(inferenceOf(compressed)).rejects.toThrow(problem);
    await expect(engine.inference()).rejects.toThrow(problem);
    engine.dispose();
    parameters.dispose();
    expect(fs.existsSync(again)).toBe(false);
  });

  test.each([
    [
      'a shape that is much too large',
      { shape: [1e9, 1e9] },
      'bytes are expected as classifier/kernel/codes, got 24',
    ],
    ['a width that is none', { bits: 99 }, '2 to 8 bits of an integer code, got 99'],
    ['a format that is none', { format: 'fp99' }, 'Expected fp16 or bf16 as a format, got "fp99"'],
    ['a rule that is none', { rule: 'other' }, 'Expected range or ternary as the rule'],
    ['a granularity that is none', { granularity: 7 }, 'its metadata do not say how'],
    ['no shape', { shape: undefined }, 'its metadata do not say how'],
  ])('whose metadata tell of %s is refused, and nothing is allocated for it', async (_, change, problem) => {
    await save(staticInt8(), { onnx: false });
    const { tensors, metadata } = readStored(file('codes.safetensors'));
    const description = JSON.parse(metadata['whittle']!);
    Object.assign(description.weights['classifier/kernel'], change);
    const storable = [...tensors].map(([name, { dtype, shape, bytes }]): [string, Storable] => {
      const { buffer } = bytes;
      if (dtype === 'I8') return [name, { dtype: 'int8', shape, data: new Int8Array(buffer) }];
      return [name, { dtype: 'float32', shape, data: new Float32Array(buffer) }];
    });
    writeSafetensors(file('codes.safetensors'), new Map(storable), { whittle: JSON.stringify(description) });
    expect(() => loadHuggingFace(folder)).toThrow(problem);
  });

  test('that is damaged is refused in a sentence', async () => {
    await save(staticInt8(), { onnx: false });
    const bytes = fs.readFileSync(file('codes.safetensors'));
    fs.writeFileSync(file('codes.safetensors'), bytes.subarray(0, bytes.length - 5));
    expect(() => loadHuggingFace(folder)).toThrow('Expected a safetensors file');
    fs.copyFileSync(file('model.safetensors'), file('codes.safetensors'));
    expect(() => loadHuggingFace(folder)).toThrow('its metadata do not say how; save the model again');
  });
});

describe('masks', () => {
  const pruned = () => {
    const model = bert(small);
    const mask = Uint8Array.from({ length: 64 }, (_, i) => Number(i % 3 > 0));
    setMasks(model, new Map([['encoder/0/attention/query/kernel', mask]]));
    return { model, mask };
  };

  test('go with a saved model and come back with it', () => {
    const { model, mask } = pruned();
    saveHuggingFace(model, folder, { tokenizerFiles, labels, onnx: false });
    const loaded = loadHuggingFace(folder);
    expect(masksOf(loaded.model)).toEqual(new Map([['encoder/0/attention/query/kernel', mask]]));
    expect(fs.statSync(file('masks.safetensors')).size).toBeLessThan(200); // a bit for each
    expect(masksOf(loadHuggingFace(folder, { layers: 1 }).model).size).toBe(1);
  });

  test('that are latent are not saved: the folder would hold what they prune', () => {
    const { model, mask } = pruned();
    const name = 'encoder/0/attention/query/kernel';
    setMasks(model, maskSet([[name, mask]], [name]));
    const save = () => saveHuggingFace(model, folder, { tokenizerFiles, labels, onnx: false });
    expect(save).toThrow(`got a latent mask of "${name}"; call hardenMasks(model)`);
    hardenMasks(model);
    save();
    expect(masksOf(loadHuggingFace(folder).model)).toEqual(new Map([[name, mask]]));
  });

  test('are saved, loaded, and moved to another model', () => {
    const { model, mask } = pruned();
    saveMasks(file('ticket.safetensors'), masksOf(model));
    const other = bert({ ...small, seed: 5 });
    setMasks(other, loadMasks(file('ticket.safetensors')));
    expect(masksOf(other).get('encoder/0/attention/query/kernel')).toEqual(mask);
    const { variable } = weightsOf(other).find(
      ({ path: name }) => name === 'encoder/0/attention/query/kernel',
    )!;
    variable.dataSync().forEach((value, i) => expect(value === 0).toBe(mask[i] === 0));
  });

  test('of a weight that the model lacks, of another length, or of other values are refused, and nothing is set', () => {
    const { model } = pruned();
    const before = masksOf(model);
    const ones = (length: number) => new Uint8Array(length).fill(1);
    const set = (name: string, mask: Uint8Array) =>
      setMasks(
        model,
        new Map([
          ['encoder/0/ffn/up/kernel', ones(96)],
          [name, mask],
        ]),
      );
    expect(() => set('encoder/0/attention/qury/kernel', ones(64))).toThrow(
      'the nearest are encoder/0/attention/query/kernel',
    );
    expect(() => set('pooler/kernel', ones(3))).toThrow(
      'a mask of 64 zeros and ones for "pooler/kernel", got 3 values',
    );
    expect(() => set('pooler/kernel', ones(64).fill(2))).toThrow('got 2');
    expect(masksOf(model)).toEqual(before);
  });

  test('of a file that holds something else are refused', () => {
    saveHuggingFace(bert(small), folder, { tokenizerFiles, labels, onnx: false });
    expect(() => loadMasks(file('model.safetensors'))).toThrow('give a file that saveMasks wrote');
    expect(() => loadMasks(file('none.safetensors'))).toThrow('Expected a safetensors file');
  });
});
