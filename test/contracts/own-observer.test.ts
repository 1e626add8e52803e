import * as tf from '@tensorflow/tfjs';
import * as whittle from '../../index';
import { forwardThrough } from '../../lib/forward/forward';
import { hostTensor } from '../../lib/core/host-tensor';
import { dropout } from '../../lib/models/layers/dropout';
import { expectNoLeak } from '../leaks';

const { prepare, staticInt8, uint8 } = whittle;

beforeAll(() => tf.setBackend('cpu'));

/** Numbers with one far outside. */
const outlier = [...Array.from({ length: 999 }, (_, i) => i / 999), 100];

describe('an observer of one’s own', () => {
  /** The mean over batches of the value that all but a share of a batch are below; activations are at least 0. */
  function percentile(share: number): whittle.Observer {
    const state = { hi: tf.variable(tf.scalar(0), false), seen: tf.variable(tf.scalar(0), false) };
    return {
      spec: uint8(),
      observe(x) {
        const above = Math.round(share * x.size);
        const highest = tf
          .topk(x.flatten(), above + 1)
          .values.slice([above], [1])
          .reshape([]);
        state.seen.assign(state.seen.add(1));
        state.hi.assign(state.hi.add(highest.sub(state.hi).div(state.seen)) as tf.Scalar);
      },
      hasObserved: () => state.seen.dataSync()[0]! > 0,
      qparams: () => ({ scale: tf.tidy(() => state.hi.div(255)), zeroPoint: tf.scalar(0) }),
      state: () => state,
      dispose: () => tf.dispose(state),
    };
  }

  const model = () =>
    tf.sequential({
      layers: [
        dropout({ name: 'drops', rate: 0.9 }),
        tf.layers.dense({ name: 'dense', units: 1, kernelInitializer: 'ones' }),
      ].map((layer, i) => (i === 0 ? Object.assign(layer, { batchInputShape: [null, 1000] }) : layer)),
    });

  test.each([false, true])(
    'is calibrated without dropout, and leaves outliers out (eager: %s)',
    async (eager) => {
      const own = model();
      const scheme = staticInt8({ input: () => percentile(0.001) });
      const prepared = prepare(own, scheme);
      await whittle.calibrate(prepared, [[hostTensor(Float32Array.from(outlier), [1, 1000])]], { eager });
      const { observer, mode } = prepared.inputs.get('dense')!;
      expect(mode).toBe('quantize');
      const { scale } = observer!.qparams();
      expect(scale.dataSync()[0]).toBeCloseTo(998 / 999 / 255, 6); // with dropout it would be ten times that, or 0
      prepared.detach();
    },
  );

  test('nothing to calibrate on is an error, and leaves the modes as they were', async () => {
    const prepared = prepare(model(), staticInt8());
    await expect(whittle.calibrate(prepared, [])).rejects.toThrow('Expected data to calibrate');
    expect(prepared.inputs.get('dense')!.mode).toBe('both');
    prepared.detach();
  });

  test('nothing to find is an error, too', async () => {
    for (const scheme of [whittle.weightOnly(), whittle.dynamicInt8()]) {
      const prepared = prepare(model(), scheme);
      await expect(whittle.calibrate(prepared, [[tf.ones([2, 1000])]])).rejects.toThrow(
        'that an observer watches, to find ranges of, found none',
      );
      prepared.detach();
    }
  });
});

test('calibration leaves nothing behind', async () => {
  const xs = tf.randomNormal([4, 4], 0, 1, 'float32', 1);
  await expectNoLeak(async () => {
    const model = whittle.mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3, seed: 2 });
    const prepared = prepare(model, staticInt8());
    await whittle.calibrate(prepared, [[xs], [xs]]);
    prepared.detach();
    model.dispose();
  });
});

test('observers watch in calibration what inference computes, whatever is attached', () => {
  const model = whittle.mlp({ inputSize: 2, hiddenSizes: [], outputSize: 1, seed: 1 });
  const prepared = prepare(model, staticInt8({ input: () => whittle.minMax() }));
  prepared.setMode('observe');
  const x = tf.tensor2d([[3, -5]]);
  tf.tidy(() => void forwardThrough(model, [x], { pass: 'inference' }));
  expect(prepared.inputs.get('output')!.observer!.hasObserved()).toBe(false);
  tf.tidy(() => void forwardThrough(model, [x], { pass: 'calibration' }));
  expect(prepared.inputs.get('output')!.observer!.hasObserved()).toBe(true);
  prepared.detach();
});
