import * as tf from '@tensorflow/tfjs';
import { prepare } from '../../../lib/compress/prepare';
import { staticInt8 } from '../../../lib/compress/scheme';
import { QuantizerMode } from '../../../lib/quantization/transforms/quantizer';
import { forward } from '../../../lib/forward/forward';
import { quantization } from '../../../trainers/callbacks/quantization';
import type { Training } from '../../../trainers/callback';
import { expectNoLeak } from '../../leaks';
import { fakeTraining } from '../fake-training';
import { slopeModel } from '../toys';

it.each([
  ['as late as asked', 0, 3, [false, false, false, true, true]],
  ['at once when resumed after that step', 4, 3, [true, true, true, true, true]],
  ['from the beginning', 0, 0, [true, true, true, true, true]],
])('freezes %s', async (_, start, freezeObserversAt, expected) => {
  let frozen = 0;
  const model = slopeModel();
  const attached = prepare(model, staticInt8());
  const prepared = {
    ...attached,
    setMode: (mode: QuantizerMode) => void (frozen += Number(mode === 'quantize')),
  };
  const callback = quantization({ prepared, freezeObserversAt });
  const { at } = fakeTraining();
  const seen: boolean[] = [];
  await callback.onTrainBegin?.(at(start));
  seen.push(frozen > 0);
  for (let step = start + 1; step <= start + 4; step++) {
    await callback.onStepEnd?.(at(step));
    seen.push(frozen > 0);
  }
  expect(seen).toEqual(expected);
  expect(frozen).toBe(1);
  prepared.detach();
  model.dispose();
});

it('logs the scales of activations and the noise of weights at its cadence, and leaves nothing behind', async () => {
  await tf.setBackend('cpu');
  await expectNoLeak(async () => {
    const model = slopeModel();
    tf.tidy(() => model.setWeights([tf.tensor2d([[1], [0.4]])]));
    const prepared = prepare(model, staticInt8());
    const x = tf.tensor2d([[0, 51]]);
    tf.dispose([forward(model, [x], true), x]);
    const callback = quantization({ prepared, freezeObserversAt: 99, logEvery: 2 });
    const { at, logs } = fakeTraining();
    await callback.onStepEnd?.(at(1));
    await callback.onStepEnd?.(at(2));
    expect(logs).toEqual([
      ['quant/scale/slope', Math.fround(0.2)],
      // 0.4 is 25.2 steps of 1/63, which are rounded to 25
      ['quant/sqnr/slope/kernel', expect.closeTo(10 * Math.log10(1.16 / (0.2 / 63) ** 2), 2)],
    ]);
    prepared.detach();
    model.dispose();
  });
});

describe('a delayed start', () => {
  it.each([
    ['before it', 0, ['observe', 'observe', 'both', 'both', 'quantize']],
    ['after it', 3, ['both', 'quantize', 'quantize', 'quantize', 'quantize']],
    ['after the freeze', 4, ['quantize', 'quantize', 'quantize', 'quantize', 'quantize']],
  ])('observes, then quantizes, then freezes; begun %s', async (_, start, expected) => {
    const model = slopeModel();
    const prepared = prepare(model, staticInt8());
    const callback = quantization({ prepared, beginStep: 2, freezeObserversAt: 4 });
    const parameters = { rebind: () => undefined } as Training['parameters'];
    const { at } = fakeTraining({ parameters });
    const modes: string[] = [];
    const note = () => void modes.push(prepared.inputs.get('slope')!.mode);
    await callback.onTrainBegin?.(at(start));
    note();
    for (let step = start + 1; step <= start + 4; step++) {
      await callback.onStepEnd?.({ ...at(step), stepsPerEpoch: 100 });
      note();
    }
    expect(modes).toEqual(expected);
    prepared.detach();
    model.dispose();
  });

  it.each([
    ['at the end', 10, 10, 'begin earlier or freeze later'],
    ['after the freeze', 5, 4, 'begin earlier or freeze later'],
    ['between two steps', 2.5, 9, 'begin earlier or freeze later'],
    ['nowhere', NaN, 9, 'begin earlier or freeze later'],
    ['before the beginning', -1, 9, 'begin earlier or freeze later'],
    ['with ranges that never freeze', 2, Infinity, 'freeze earlier'],
    ['with ranges that freeze after the end', 2, 11, 'freeze earlier'],
    ['with ranges that freeze between two steps', 2, 3.5, 'begin earlier or freeze later'],
  ])('%s is refused when training begins', (_, beginStep, freezeObserversAt, advice) => {
    const model = slopeModel();
    const prepared = prepare(model, staticInt8());
    const callback = quantization({ prepared, beginStep, freezeObserversAt });
    const { training } = fakeTraining();
    expect(() => callback.onTrainBegin?.(training)).toThrow(
      `got beginStep ${beginStep} and freezeObserversAt ${freezeObserversAt}; ${advice}.`,
    );
    prepared.detach();
    model.dispose();
  });

  it('says that results count from then on', () => {
    const model = slopeModel();
    const prepared = prepare(model, staticInt8());
    const from = (beginStep?: number) =>
      quantization({ prepared, beginStep, freezeObserversAt: 4 }).countsFrom?.(fakeTraining().training);
    expect([from(), from(3)]).toEqual([0, 3]);
    prepared.detach();
    model.dispose();
  });
});
