import { deepStrictEqual, ok } from 'node:assert';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { calibrate } from '../../lib/compress/calibrate';
import { needsCalibration } from '../../lib/compress/needs-calibration';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { Rules } from '../../lib/compress/rules';
import { staticInt8, weightOnly } from '../../lib/compress/scheme';
import { forward } from '../../lib/forward/forward';
import { hostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { huggingFaceFamilies } from '../../lib/export/hugging-face/families';
import { storedName } from '../../lib/export/hugging-face/names';
import { bert } from '../../lib/models/bert';
import { setMasks } from '../../lib/pruning/model-masks';
import { perGroup } from '../../lib/quantization/granularity';
import { int4 } from '../../lib/quantization/spec';
import { inferenceOf } from '../../trainers/inference';
import { askPython } from './ask-python';

export const name = 'compressed';

const SIZES = { vocabSize: 40, layers: 2, hiddenSize: 24, heads: 2, maxPositions: 12, labels: 3 };
const vocabulary = Array.from({ length: 40 }, (_, i) => `piece${i}`);
const SCHEMES: readonly Rules[] = [
  staticInt8(),
  [
    { match: '**', use: weightOnly(int4(perGroup(0, 16))) },
    { match: 'encoder/**', use: weightOnly() },
  ],
];
const INPUTS = {
  input_ids: [
    [2, 5, 7, 3, 9],
    [2, 30, 3, 0, 0],
  ],
  attention_mask: [
    [1, 1, 1, 1, 1],
    [1, 1, 1, 0, 0],
  ],
  token_type_ids: [
    [0, 0, 1, 1, 1],
    [0, 0, 0, 0, 0],
  ],
};
const xs = () => Object.values(INPUTS).map((rows) => hostTensor(Int32Array.from(rows.flat()), [2, 5]));

/**
 * Opens compressed folders with Python's own programs: numpy decodes the codes to the floats beside them, bit for bit; transformers
 * and the ONNX file of floats compute from those what we do; in the file of the codes onnxruntime gives our bits.
 */
export async function check(python: string): Promise<string> {
  await tf.setBackend('cpu');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-peer-'));
  try {
    const own: Saved[] = [];
    for (const [i, rules] of SCHEMES.entries()) own.push(await save(rules, path.join(folder, String(i)), i));
    const jobs = own.map(({ names, folder: each }) => ({ folder: each, names, inputs: INPUTS }));
    return compare(own, askPython(python, 'compressed.py', folder, { jobs }) as Answers[]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Logits of transformers, and of onnxruntime from both files. */
interface Answers {
  readonly floats: number[][];
  readonly file: number[][];
  readonly floatFile: number[][];
}

function compare(own: readonly Saved[], answers: readonly Answers[]): string {
  const errors = answers.flatMap(({ floats, file, floatFile }, i) => {
    deepStrictEqual(file.flat(), own[i]!.answers, 'numbers of the ONNX file');
    return [floats, floatFile].map((logits) =>
      Math.max(...logits.flat().map((value, at) => Math.abs(value - own[i]!.floats[at]!))),
    );
  });
  const most = Math.max(...errors);
  ok(most < 1e-5, `logits of the floats differ by ${errors.join(', ')}`);
  const count = own.flatMap((each) => each.answers).length;
  return (
    `codes decode in numpy to the floats beside them, masks unpack, onnxruntime gives the bits of ${count} logits; ` +
    `those of the floats, in transformers and onnxruntime, differ by ${most.toExponential(1)} at most`
  );
}

/** A saved folder, and what we make of it. */
interface Saved {
  readonly folder: string;
  readonly answers: readonly number[];
  /** Of the floats alone, without ranges of activations. */
  readonly floats: readonly number[];
  /** What transformers calls each weight. */
  readonly names: Readonly<Record<string, string>>;
}

async function save(rules: Rules, folder: string, seed: number): Promise<Saved> {
  const model = bert({ ...SIZES, initializerRange: 0.3, seed });
  const mask = Uint8Array.from({ length: 24 * 24 }, (_, i) => Number(i % 5 > 1));
  setMasks(model, new Map([['encoder/0/attention/query/kernel', mask]]));
  const prepared = prepare(model, rules);
  if (needsCalibration(prepared)) await calibrate(prepared, [xs()]);
  const compressed = convert(prepared);
  saveHuggingFace(compressed, folder, { tokenizerFiles: { vocabulary, lowercase: true } });
  const inference = await inferenceOf(loadHuggingFace(folder));
  const answers = [...(await inference.predict(xs())).data];
  await inference.dispose();
  const plain = loadHuggingFace(folder, { codes: false }).model;
  const tensors = xs().map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype));
  const floats = [...forward(plain, tensors, false).dataSync()];
  const names = weightsOf(plain).map(({ path: weight }) => [
    weight,
    storedName(weight, huggingFaceFamilies.bert),
  ]);
  return { folder, answers, floats, names: Object.fromEntries(names) as Saved['names'] };
}
