import { ok } from 'node:assert';
import type { Batch } from '../../datasets/batch';
import { hostTensor } from '../../lib/core/host-tensor';
import { seededRandom } from '../../lib/core/random';
import { saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { bert } from '../../lib/models/bert';
import type { Importance } from '../../lib/structure/importance';
import { attentionStatistics } from '../../lib/structure/scores/attention-statistics';
import { lossGradients, lossTaylor } from '../../lib/structure/scores/loss-gradients';
import { softmaxCrossEntropy } from '../../trainers/losses';
import { askPython, inFolder } from './ask-python';
import { toyModel } from './trained-models';

export const name = 'unit-scores';

const LENGTHS = [9, 4, 7, 9, 5, 8];
const LONGEST = Math.max(...LENGTHS);
const SIZES = { layers: 3, hiddenSize: 32, heads: 4, intermediateSize: 48, maxPositions: 16, labels: 2 };

/** Scores by layer: heads, neurons, heads, … */
type ByLayer = readonly (readonly number[])[];

interface Answer {
  readonly statistics: Readonly<Record<'variance' | 'entropy' | 'confidence', ByLayer>>;
  readonly gradients: ByLayer;
  readonly taylor: ByLayer;
}

/** Scores heads and neurons of a BERT, in padded batches; transformers and autograd do text by text, without padding. */
export async function check(python: string): Promise<string> {
  const { tokenizerFiles } = await toyModel();
  const vocabSize = tokenizerFiles.vocabulary.length;
  const model = bert({ ...SIZES, vocabSize, initializerRange: 0.2, seed: 1 });
  const random = seededRandom(1, 'unit-scores');
  const texts = LENGTHS.map((length) =>
    Array.from({ length }, () => 5 + Math.floor(random() * (vocabSize - 5))),
  );
  const labels = texts.map((_, i) => i % 2);
  const answer = inFolder((folder) => {
    saveHuggingFace(model, folder, { tokenizerFiles, labels: ['no', 'yes'], onnx: false });
    return askPython(python, 'unit-scores.py', folder, { folder, texts, labels });
  }) as Answer;
  const data = [texts.slice(0, 4), texts.slice(4)].map((rows, i) => batchOf(rows, labels.slice(4 * i)));
  const statistics = await attentionStatistics(
    model,
    data.map(({ xs }) => xs),
  );
  const options = { data, loss: softmaxCrossEntropy };
  const differences = {
    variance: differenceOf(statistics.variance, answer.statistics.variance),
    entropy: differenceOf(statistics.entropy, answer.statistics.entropy),
    confidence: differenceOf(statistics.confidence, answer.statistics.confidence),
    gradients: differenceOf(inTurns(await lossGradients(model, options)), answer.gradients),
    taylor: differenceOf(inTurns(await lossTaylor(model, options)), answer.taylor),
  };
  model.dispose();
  const worst = Object.entries(differences).map(([score, difference]) => {
    ok(difference < 1e-4, `${score} differs by ${difference} of the largest`);
    return `${score} ${difference.toExponential(1)}`;
  });
  return `largest difference to transformers' and autograd's, as a share of the largest: ${worst.join(', ')}`;
}

/** Ids, masks, segments and labels of some rows, padded to the longest of all. */
function batchOf(rows: readonly number[][], labels: readonly number[]): Batch {
  const size = rows.length;
  const padded = (of: (id: number) => number) =>
    hostTensor(
      Int32Array.from(
        rows.flatMap((row) => [...row.map(of), ...Array<number>(LONGEST - row.length).fill(0)]),
      ),
      [size, LONGEST],
    );
  const ys = hostTensor(Int32Array.from(labels.slice(0, size)), [size]);
  return { xs: [padded((id) => id), padded(() => 1), padded(() => 0)], ys, size };
}

const inTurns = ({ heads, neurons }: Importance): number[][] =>
  heads.flatMap((each, i) => [Array.from(each), Array.from(neurons[i]!)]);

/** The largest difference, as a share of the largest number of its layer. */
const differenceOf = (ours: ByLayer, theirs: ByLayer): number =>
  Math.max(
    ...ours.map((layer, i) => {
      const largest = Math.max(...theirs[i]!.map(Math.abs));
      return Math.max(...layer.map((value, u) => Math.abs(value - theirs[i]![u]!) / largest));
    }),
  );
