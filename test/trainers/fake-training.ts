import * as tf from '@tensorflow/tfjs';
import type { LogValue, Training } from '../../trainers/callback';

/** A training that nothing happens in, to call a callback's hooks by hand. `stops`, `interrupts` and `logs` record calls. */
export function fakeTraining(values: Partial<Training> = {}) {
  const stops: string[] = [];
  const interrupts: string[] = [];
  const logs: [string, LogValue][] = [];
  const training: Training = {
    model: tf.sequential(),
    parameters: undefined as unknown as Training['parameters'],
    engine: undefined as unknown as Training['engine'],
    step: 0,
    epoch: 0,
    totalSteps: 10,
    stepsPerEpoch: 5,
    learningRate: 0.5,
    loss: 2,
    gradientNorm: 1,
    accumulated: 1,
    evaluations: [],
    metricNames: ['loss', 'score'],
    countsFrom: 0,
    log: (tag, value) => logs.push([tag, value]),
    stop: (reason) => stops.push(reason),
    interrupt: (reason) => interrupts.push(reason),
    ...values,
  };
  return { training, stops, interrupts, logs, at: (step: number): Training => ({ ...training, step }) };
}
