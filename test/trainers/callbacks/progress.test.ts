import { progress, ProgressOptions } from '../../../trainers/callbacks/progress';
import { fakeTraining } from '../fake-training';

/** Runs ten steps of 10 seconds each and returns what was written. */
function show(options: ProgressOptions, isTTY: boolean): string[] {
  const written: string[] = [];
  let time = 0;
  const stream = { isTTY, write: (text: string) => written.push(text) > 0, columns: 120 };
  const callback = progress({ ...options, stream, now: () => time });
  const { at } = fakeTraining();
  callback.onTrainBegin?.(at(0));
  for (let step = 1; step <= 10; step++) {
    time += 10_000;
    callback.onStepEnd?.(at(step));
  }
  callback.dispose?.();
  return written;
}

it('writes a line every so often without a terminal, with time left, loss and learning rate', () => {
  expect(show({}, false)).toEqual([
    'step 3/10 | 1:10 left | loss 2.0000 | rate 5.00e-1\n',
    'step 6/10 | 0:40 left | loss 2.0000 | rate 5.00e-1\n',
    'step 9/10 | 0:10 left | loss 2.0000 | rate 5.00e-1\n',
  ]);
});

it('shows its place among trainings, each counted as long as itself, its label, and hours', () => {
  const [line] = show({ label: 'seed 1', place: { index: 10, count: 100 } }, false);
  expect(line).toBe('step 103/1000 | seed 1 | 2:29:30 left | loss 2.0000 | rate 5.00e-1\n');
});

it('stays silent between lines', () => {
  expect(show({ lineEvery: 1000 }, false)).toEqual([]);
});

it('draws a bar on a terminal', () => {
  const written = show({}, true).join('');
  expect(written).toContain('10% | 1/10 | 1:30 left | loss 2.0000');
});

it('counts the pace from where a resumed run starts', () => {
  const written: string[] = [];
  let time = 0;
  const stream = { write: (text: string) => written.push(text) > 0 };
  const callback = progress({ stream, now: () => time, lineEvery: 1 });
  const { at } = fakeTraining();
  callback.onTrainBegin?.(at(8));
  time = 5000;
  callback.onStepEnd?.(at(9));
  expect(written[0]).toContain('0:05 left');
});
