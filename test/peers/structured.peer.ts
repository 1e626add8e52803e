import { deepStrictEqual, ok } from 'node:assert';
import { hostTensor, HostTensor } from '../../lib/core/host-tensor';
import { seededRandom } from '../../lib/core/random';
import { saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import { shrinkToBudget } from '../../lib/structure/shrink-to-budget';
import { inferenceOf } from '../../trainers/inference';
import { askPython, inFolder } from './ask-python';
import { toyModel } from './trained-models';

export const name = 'structured';

const SIZES = { layers: 3, hiddenSize: 32, heads: 4, intermediateSize: 48, maxPositions: 16, labels: 2 };
const SHARES = [0.3, 0.6, 0.9];

interface Answer {
  readonly heads: number[][];
  readonly neurons: number[][];
  /** Logits of the texts that were asked about. */
  readonly dense: number[][];
  readonly small: number[][];
}

/**
 * Heads and neurons pruned without training, in padded batches and floats; transformers, autograd and a solver in doubles do the same from the
 * recipe, text by text.
 */
export async function check(python: string): Promise<string> {
  const { tokenizerFiles } = await toyModel();
  const vocabSize = tokenizerFiles.vocabulary.length;
  const model = bert({ ...SIZES, vocabSize, initializerRange: 0.2, seed: 1 });
  const random = seededRandom(1, 'structured');
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from));
  const texts = Array.from({ length: 96 }, () =>
    Array.from({ length: whole(3, 13) }, () => whole(5, vocabSize)),
  );
  const [seen, asked] = [texts.slice(0, 64), texts.slice(64)];
  const worst: string[] = [];
  for (const removed of SHARES) {
    const theirs = inFolder((folder) => {
      saveHuggingFace(model, folder, { tokenizerFiles, labels: ['no', 'yes'], onnx: false });
      return askPython(python, 'structured.py', folder, { folder, texts: seen, asked, removed });
    }) as Answer;
    const data = [batchOf(seen.slice(0, 40)), batchOf(seen.slice(40))];
    const found = await shrinkToBudget(model, { data, removed });
    deepStrictEqual(found.cut, { heads: theirs.heads, neurons: theirs.neurons });
    const answers = await inferenceOf(found.model);
    const { data: logits } = await answers.predict(batchOf(asked));
    await answers.dispose();
    found.model.dispose();
    const [changed, difference] = [theirs.dense.flat(), logits].map((each) =>
      largest(theirs.small.flat(), each),
    );
    ok(
      difference! < 1e-3 * changed!,
      `at ${removed} logits differ by ${difference}, of ${changed} that pruning changes`,
    );
    worst.push(`${removed}: ${difference!.toExponential(1)} of ${changed!.toFixed(2)}`);
  }
  model.dispose();
  return `the same units at all shares; largest difference of logits, of what pruning changes: ${worst.join(', ')}`;
}

/** Ids, masks and segments of some rows, padded to the longest. */
function batchOf(rows: readonly number[][]): HostTensor[] {
  const time = Math.max(...rows.map(({ length }) => length));
  const padded = (of: (id: number) => number) =>
    hostTensor(
      Int32Array.from(rows.flatMap((row) => [...row.map(of), ...Array<number>(time - row.length).fill(0)])),
      [rows.length, time],
    );
  return [padded((id) => id), padded(() => 1), padded(() => 0)];
}

const largest = (a: readonly number[], b: ArrayLike<number>): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
