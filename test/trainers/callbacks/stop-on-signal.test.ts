import { EventEmitter } from 'node:events';
import { stopOnSignal } from '../../../trainers/callbacks/stop-on-signal';
import { fakeTraining } from '../fake-training';

it.each([
  ['SIGINT', 'Ctrl-C'],
  ['SIGTERM', 'SIGTERM'],
])('interrupts the run on %s, once, and gives the second signal its default effect', (signal, reason) => {
  const source = new EventEmitter();
  const callback = stopOnSignal({ source });
  const { training, interrupts } = fakeTraining();
  callback.onTrainBegin?.(training);
  source.emit(signal, signal);
  expect(interrupts).toEqual([reason]);
  expect(source.eventNames()).toEqual([]);
});

it('listens only while training', () => {
  const source = new EventEmitter();
  const callback = stopOnSignal({ source });
  expect(source.eventNames()).toEqual([]);
  callback.dispose?.(); // a run that failed before it began
  callback.onTrainBegin?.(fakeTraining().training);
  expect(source.eventNames()).toEqual(['SIGINT', 'SIGTERM']);
  callback.dispose?.();
  expect(source.eventNames()).toEqual([]);
});
