import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { formatDigests, sha256Of } from '../../lib/core/digests';
import { UserError } from '../../lib/core/errors';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8 } from '../../lib/compress/scheme';
import { decodeEvent } from '../../lib/tensorboard/messages';
import { readRecords } from '../../lib/tensorboard/record';
import { magnitudePruner } from '../../lib/pruning/pruner';
import { linearDecay } from '../../lib/pruning/schedule';
import type { Callback, LogEntry } from '../../trainers/callback';
import { earlyStopping } from '../../trainers/callbacks/early-stopping';
import { pruning } from '../../trainers/callbacks/pruning';
import { quantization } from '../../trainers/callbacks/quantization';
import { tensorboard } from '../../trainers/callbacks/tensorboard';
import type { EngineFactory } from '../../trainers/engine';
import { compiledEngine } from '../../trainers/engines/compiled';
import { eagerEngine } from '../../trainers/engines/eager';
import { Interrupted } from '../../trainers/interrupted';
import { adamW, sgd } from '../../trainers/optimizer';
import { parametersOf } from '../../trainers/parameters';
import { constantRate } from '../../trainers/schedules';
import { train, TrainOptions } from '../../trainers/trainer';
import { crashAt } from './crash';
import {
  classifierModel,
  classifierTraining,
  fourRows,
  interruptAt,
  slopeModel,
  slopeTraining,
  weightValues,
} from './toys';

let folder: string;
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-resume-'));
  jest.spyOn(Date, 'now').mockReturnValue(1e12); // events carry the time
  await tf.setBackend('cpu');
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

/** What was logged, in all files of a run: each part of it begins one. */
function eventsIn(events: string): Buffer[] {
  const files = fs.readdirSync(events).sort();
  const records = files.flatMap((file) => [...readRecords(fs.readFileSync(path.join(events, file)))]);
  return records.flatMap(({ data }) => (decodeEvent(data).summary ? [data] : []));
}

const TOTAL = 7;

/** Everything at once: two inputs, dropout, batch norm, uneven accumulation, AdamW, pruning, quantization, best weights. */
async function trainEverything(name: string, engine: EngineFactory, ...more: Callback[]) {
  const model = classifierModel();
  const prepared = prepare(model, staticInt8({ integer: false }));
  const options = classifierTraining(model, { engine });
  const parameters = parametersOf(model, { slots: options.optimizer.slots });
  const logged: [number, LogEntry][] = [];
  const spy: Callback = {
    name: 'spy',
    onLog: ({ step }, entries) =>
      entries.forEach(({ tag, value }) =>
        logged.push([step, { tag, value: value instanceof Float32Array ? value.slice() : value }]),
      ),
  };
  const schedule = linearDecay({ finalSparsity: 0.6, beginStep: 1, endStep: 6, frequency: 2 });
  const callbacks = [
    pruning({ pruner: magnitudePruner({ schedule }) }),
    quantization({ prepared, freezeObserversAt: 5, logEvery: 1 }),
    earlyStopping({ metric: 'loss', better: 'smaller', restoreBest: true }),
    tensorboard({ folder: path.join(folder, name, 'events'), histogramEvery: 2, config: { name: 'all' } }),
    spy,
    ...more,
  ];
  const checkpoint = { folder: path.join(folder, name), every: 2 };
  try {
    const result = await train({
      ...options,
      parameters,
      callbacks,
      checkpoint,
      steps: TOTAL,
      evaluateEvery: 2,
    });
    const moments = parameters.list.map(({ path, slots, mask }) => ({ path, slots, mask }));
    return {
      logged,
      final: {
        result,
        weights: weightValues(model),
        moments: structuredClone(moments),
        ranges: [...prepared.inputs.values()].map(({ observer }) => observer!.state()['hi']!.dataSync()[0]),
        events: eventsIn(path.join(folder, name, 'events')),
      },
    };
  } finally {
    prepared.detach();
    parameters.dispose();
    model.dispose();
  }
}

describe.each([
  ['eager', eagerEngine({ backend: 'cpu' })],
  ['compiled', compiledEngine({ threads: 1 })],
])('%s training in parts', (_, engine) => {
  it('equals training in one go, bit for bit, wherever it was interrupted', async () => {
    const whole = await trainEverything('whole', engine);
    expect(whole.final.result.losses).toHaveLength(TOTAL);
    for (const step of [1, 3, 4, TOTAL]) {
      // within epochs, between them, and at the very end
      const name = `interrupted-${step}`;
      await expect(trainEverything(name, engine, interruptAt(step))).rejects.toThrow(Interrupted);
      const resumed = await trainEverything(name, engine);
      expect(resumed.final).toEqual(whole.final);
      expect(resumed.logged.filter(([at]) => at > step)).toEqual(whole.logged.filter(([at]) => at > step));
    }
  });
});

describe('checkpoints of a small run', () => {
  const options = (model: tf.LayersModel, more: Partial<TrainOptions> = {}): TrainOptions =>
    slopeTraining(model, {
      optimizer: sgd({ momentum: 0.5 }),
      checkpoint: { folder: path.join(folder, 'run'), every: 1 },
      ...more,
    });
  /** One run of a new model; its weights. */
  const run = async (more: Partial<TrainOptions>) => {
    const model = slopeModel();
    try {
      const { losses } = await train(options(model, more));
      return [...weightValues(model), ...losses];
    } finally {
      model.dispose();
    }
  };

  it('survive a kill at every disk operation: the run that goes on equals the one that never stopped', async () => {
    const whole = await run({ steps: 3 });
    const attempt = (limit: number) => {
      fs.rmSync(path.join(folder, 'run'), { recursive: true });
      return crashAt(limit, () => run({ steps: 3 })).finally(
        () => fs.rmSync(path.join(folder, 'run', '.lock'), { recursive: true, force: true }), // this process lives on
      );
    };
    let limit = 0;
    for (; (await attempt(limit)).crashed; limit++) {
      expect(await run({ steps: 3 })).toEqual(whole);
    }
    expect(limit).toBeGreaterThan(50);
  });

  it('make a finished run longer', async () => {
    await run({ steps: 2 });
    const longer = await run({ steps: 4 });
    fs.rmSync(path.join(folder, 'run'), { recursive: true });
    expect(longer).toEqual(await run({ steps: 4 }));
  });

  it('leave a finished run as it is', async () => {
    const begun: number[] = [];
    const spy: Callback = { name: 'spy', onTrainBegin: ({ step }) => void begun.push(step) };
    const first = await run({ steps: 2, callbacks: [spy] });
    expect(await run({ steps: 2, callbacks: [spy] })).toEqual(first);
    expect(begun).toEqual([0, 2]);
  });

  it('remember that the run was stopped', async () => {
    const stopper: Callback = {
      name: 'stopper',
      onStepEnd: (training) => (training.step === 1 ? training.stop('enough') : undefined),
    };
    const first = await run({ steps: 3, callbacks: [stopper] });
    expect(await run({ steps: 3 })).toEqual(first);
  });

  it('are kept when the loss becomes NaN', async () => {
    const loss = (predictions: tf.Tensor) => predictions.add(6).log().mean() as tf.Scalar;
    const nan = run({ steps: 9, loss, learningRate: (step) => (step === 2 ? 1e9 : 1e-3) });
    await expect(nan).rejects.toThrow(UserError);
    expect(fs.readdirSync(path.join(folder, 'run'))).toEqual(['step-2', 'step-3']);
  });

  it.each<[string, Partial<TrainOptions>, string]>([
    ['data', { data: fourRows(2) }, 'data was "'],
    ['seed', { seed: 1 }, 'seed was 0 and is 1'],
    [
      'accumulation and optimizer',
      { accumulation: 2, optimizer: adamW() },
      'optimizer was {"name":"sgd","options":{"momentum":',
    ],
    ['accumulation', { accumulation: 2 }, 'accumulation was 1 and is 2'],
    ['learning rate', { learningRate: constantRate(1e-4) }, 'learningRate/options/rate was 1 and is 0.0001'],
    [
      'weight decay',
      { optimizer: sgd({ momentum: 0.5, weightDecay: 1 }) },
      'optimizer/options/weightDecay was 0 and is 1',
    ],
    ['loss', { loss: (predictions) => predictions.mean().mul(2) as tf.Scalar }, 'loss/source was "'],
    ['development data', { dev: fourRows(1) }, 'dev was null and is "'],
    ['threads', { engine: compiledEngine({ threads: 1 }) }, 'engine was "'],
    [
      'callbacks',
      { callbacks: [earlyStopping({ metric: 'loss', better: 'smaller' })] },
      'callbacks/early-stopping was not given and is {"name":"earlyStopping"',
    ],
  ])('refuse a run with other %s', async (_, more, message) => {
    await run({ steps: 1 });
    await expect(run({ steps: 2, ...more })).rejects.toThrow(UserError);
    await expect(run({ steps: 2, ...more })).rejects.toThrow(message);
  });

  describe.each(['state.json', 'tensors.safetensors'])('with a flipped bit in %s', (file) => {
    const damage = (step: number) => {
      const damaged = path.join(folder, 'run', `step-${step}`, file);
      const bytes = fs.readFileSync(damaged);
      bytes[bytes.length - 5]! ^= 1;
      fs.writeFileSync(damaged, bytes);
      return damaged;
    };

    it('give way to the one before, to the same end, and say so', async () => {
      const whole = await run({ steps: 3 });
      const damaged = damage(3);
      const begun: number[] = [];
      const spy: Callback = { name: 'spy', onTrainBegin: ({ step }) => void begun.push(step) };
      const notices: string[] = [];
      const checkpoint = {
        folder: path.join(folder, 'run'),
        every: 1,
        onNotice: (notice: string) => void notices.push(notice),
      };
      expect(await run({ steps: 3, callbacks: [spy], checkpoint })).toEqual(whole);
      expect(begun).toEqual([2]);
      expect(notices).toEqual([expect.stringContaining(damaged)]);
    });

    it('are a warning of the process where nobody else listens', async () => {
      const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
      await run({ steps: 2 });
      damage(2);
      await run({ steps: 2 });
      expect(warn.mock.calls).toEqual([[expect.stringContaining('is damaged'), expect.anything()]]);
    });

    it('are named where there is no other', async () => {
      await run({ steps: 1 });
      const damaged = damage(1);
      await expect(run({ steps: 2 })).rejects.toThrow(UserError);
      await expect(run({ steps: 2 })).rejects.toThrow(damaged);
    });
  });

  it('refuse a state that is of another step than its folder says', async () => {
    await run({ steps: 1 });
    const at = (...names: string[]) => path.join(folder, 'run', 'step-1', ...names);
    const state = fs.readFileSync(at('state.json'), 'utf8').replace('"step":1', '"step":1000000');
    fs.writeFileSync(at('state.json'), state);
    const digests = JSON.parse(fs.readFileSync(at('sha256.json'), 'utf8')) as Record<string, string>;
    const now = { ...digests, 'state.json': sha256Of(at('state.json')) };
    fs.writeFileSync(at('sha256.json'), formatDigests(now));
    await expect(run({ steps: 2 })).rejects.toThrow('Expected the state of a training at step 1 in ');
  });

  it('are one training’s at a time', async () => {
    const inner: Promise<unknown>[] = [];
    const callbacks: Callback[] = [
      { name: 'spy', onTrainBegin: () => void inner.push(run({ steps: 1 }).catch(String)) },
    ];
    const outer = run({ steps: 1, callbacks });
    await outer;
    expect(await inner[0]).toContain('Expected to be alone in the checkpoints');
    expect(fs.readdirSync(path.join(folder, 'run'))).toEqual(['step-1']);
  });

  it('refuse another model', async () => {
    await run({ steps: 1 });
    const other = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [2], useBias: false, name: 'b' })],
    });
    await expect(train(options(other, { steps: 2 }))).rejects.toThrow(
      'expected "weights/b/kernel" of shape [2, 1], found none',
    );
    other.dispose();
  });
});
