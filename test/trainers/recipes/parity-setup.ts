import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../../datasets/batch';
import { bert } from '../../../lib/models/bert';
import type { BertConfig } from '../../../lib/models/bert-config';
import type { Setup } from '../../../trainers/recipes/setup';
import { tiny } from '../../models/family-cases';
import { smallSetup } from './small-setup';

/** Sentences of 6 tokens, whose label is the parity of the second: 2 epochs of steps of 8 for a tiny BERT. */
export function parityOfTokens(config: Partial<BertConfig> = {}, sentences = 48): Setup {
  const [xs, ys] = examples(sentences);
  const [dev, data] = [false, true].map((shuffle) => fromTensors(xs, ys, { batchSize: 8, seed: 1, shuffle }));
  tf.dispose([xs, ys]);
  const model = (seed: number) => bert({ ...tiny('bert'), labels: 2, ...config, seed });
  return { ...smallSetup(), model, data: () => data!, dev: dev! };
}

const examples = (sentences: number): [tf.Tensor[], tf.Tensor] =>
  tf.tidy(() => {
    const ids = tf.randomUniform([sentences, 6], 1, 11, 'int32', 3);
    const parity = ids.slice([0, 1], [sentences, 1]).reshape([sentences]).mod(tf.scalar(2, 'int32')).toInt();
    return [[ids, tf.onesLike(ids), tf.zerosLike(ids)], parity];
  });
