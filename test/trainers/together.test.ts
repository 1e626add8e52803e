import * as tf from '@tensorflow/tfjs';
import { fromTensors } from '../../datasets/batch';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8 } from '../../lib/compress/scheme';
import { bert } from '../../lib/models/bert';
import type { EngineFactory } from '../../trainers/engine';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { train, TrainOptions } from '../../trainers/trainer';
import { classifierModel, classifierTraining, weightValues } from './toys';

const engines: Readonly<Record<string, EngineFactory>> = {
  compiled: compiledEngine({ threads: 1 }),
  'eager cpu': eagerEngine({ backend: 'cpu' }),
  'eager wasm': eagerEngine({ backend: 'wasm' }),
};
const names = Object.keys(engines);

beforeEach(() => tf.setBackend('cpu'));

type Training = () => Promise<number[]>;

/** Everything that a training leaves: losses, scores and weights. */
async function outcome(model: tf.LayersModel, options: TrainOptions): Promise<number[]> {
  const { losses, evaluations } = await train(options);
  const scores = evaluations.flatMap(({ metrics }) => Object.values(metrics));
  const result = [...losses, ...scores, ...weightValues(model)];
  model.dispose();
  return result;
}

/** Dropout, batch norm, two batches per step, the last of an epoch uneven; and evaluations. */
function classifier(engine: EngineFactory, seed: number): Training {
  const model = classifierModel();
  return () => outcome(model, classifierTraining(model, { engine, seed, epochs: 3, evaluateEvery: 2 }));
}

/** Attention and dropout, and observers whose ranges programs write. */
function quantized(engine: EngineFactory, seed: number): Training {
  const size = { layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 16, maxPositions: 8 };
  const model = bert({ vocabSize: 20, ...size, dropout: 0.2, attentionDropout: 0.2, seed: 3 });
  const prepared = prepare(model, staticInt8());
  const ids = tf.tidy(() => tf.range(0, 48).mod(19).reshape([12, 4]).toInt());
  const xs = [ids, tf.onesLike(ids), tf.zerosLike(ids)];
  const labels = tf.tidy(() => ids.slice([0, 0], [12, 1]).flatten().mod(tf.scalar(2, 'int32')));
  const data = fromTensors(xs, labels, { batchSize: 5, seed });
  tf.dispose([xs, labels]);
  const { loss, optimizer, learningRate } = classifierTraining(model);
  const options = { model, loss, optimizer, learningRate, data, dev: data, accumulation: 2, epochs: 3 };
  return async () => {
    const result = await outcome(model, { ...options, engine, seed });
    prepared.detach();
    return result;
  };
}

describe.each(Object.entries({ classifier, quantized }))('two trainings of a %s at once', (_, make) => {
  const pairs = names.flatMap((one, i) => names.slice(i).map((other) => [one, other] as const));

  it.each(pairs)('on %s and on %s have the bits of each alone', async (one, other) => {
    const first = () => make(engines[one]!, 1);
    const second = () => make(engines[other]!, 2);
    const alone = [await first()(), await second()()];
    const together = await Promise.all([first(), second()].map((training) => training()));
    expect(together).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
  });
});

it('a backend that starts while another trains does not disturb it', async () => {
  const start = (tf.findBackendFactory('cpu') as () => tf.KernelBackend)();
  const slowly = () => new Promise<tf.KernelBackend>((resolve) => setTimeout(() => resolve(start), 50));
  tf.registerBackend('slow', slowly);
  tf.copyRegisteredKernels('cpu', 'slow');
  const make = (backend: string) => classifier(eagerEngine({ backend }), 1);
  const alone = await make('cpu')();
  expect(await Promise.all([make('cpu')(), make('slow')()])).toEqual([alone, alone]);
  tf.removeBackend('slow');
});
