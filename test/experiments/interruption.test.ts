import { Interruption, interruption } from '../../experiments/interruption';
import type { Training } from '../../trainers/callback';
import { Interrupted } from '../../trainers/interrupted';

const training = () => ({ interrupt: jest.fn() });
const call = ({ callback }: Interruption, hook: 'onTrainBegin' | 'onStepEnd', target: object) =>
  callback[hook]!(target as Training);

it.each(['SIGINT', 'SIGTERM'] as const)(
  'breaks off the training in which %s comes, after its step',
  (signal) => {
    const signals = interruption();
    const target = training();
    call(signals, 'onTrainBegin', target);
    call(signals, 'onStepEnd', target);
    expect(target.interrupt).not.toHaveBeenCalled();
    process.emit(signal, signal);
    call(signals, 'onStepEnd', target);
    expect(target.interrupt).toHaveBeenCalledWith(signal === 'SIGINT' ? 'Ctrl-C' : 'SIGTERM');
    signals.dispose();
  },
);

it('is heard between two trainings', () => {
  const signals = interruption();
  process.emit('SIGINT', 'SIGINT');
  const next = training();
  call(signals, 'onTrainBegin', next);
  expect(next.interrupt).toHaveBeenCalledWith('Ctrl-C');
});

it('breaks off what is no training, once that has tidied up', () => {
  const signals = interruption();
  const end = jest.fn();
  signals.expectNone(end);
  process.emit('SIGINT', 'SIGINT');
  expect(end).not.toHaveBeenCalled();
  expect(() => signals.expectNone(end)).toThrow(Interrupted);
  expect(end).toHaveBeenCalledTimes(1);
  signals.dispose();
});

it('leaves a second signal, and those after its end, to the process', () => {
  const listeners = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');
  const before = listeners();
  interruption();
  expect(listeners()).toBe(before + 2);
  process.emit('SIGINT', 'SIGINT');
  expect(listeners()).toBe(before);
  interruption().dispose();
  expect(listeners()).toBe(before);
});
