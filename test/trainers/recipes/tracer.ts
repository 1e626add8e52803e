import { weightsOf } from '../../../lib/core/weights';
import type { Callback } from '../../../trainers/callback';
import type { Label, Listener } from '../../../trainers/recipes/setup';
import { smallSetup } from './small-setup';

/** Values by path. */
export type Arrays = Record<string, readonly number[]>;
/** What one training started with and ended with. */
export interface Trace {
  readonly label: Label;
  readonly first: Arrays;
  readonly masks: Arrays;
  /** After each step. */
  readonly steps: Arrays[];
  /** Of each step, by the schedule. */
  readonly rates: number[];
}

/** A listener that notes the weights of every training. */
export function tracer() {
  const traces: Trace[] = [];
  const watch = (label: Label): Callback => {
    const trace: Trace = { label, first: {}, masks: {}, steps: [], rates: [] };
    traces.push(trace);
    return {
      name: 'watch',
      onTrainBegin({ parameters }) {
        for (const { path, weights, mask } of parameters.list) {
          trace.first[path] = [...weights];
          if (mask) trace.masks[path] = [...mask];
        }
      },
      onStepEnd({ parameters, learningRate }) {
        trace.rates.push(learningRate);
        trace.steps.push(
          Object.fromEntries(parameters.list.map(({ path, weights }) => [path, [...weights]])),
        );
      },
    };
  };
  const listener: Listener = { callbacks: (label) => [watch(label)] };
  const trace = (method: string, level: number, seed = 1) =>
    traces.find(({ label }) => label.method === method && label.level === level && label.seed === seed)!;
  return { listener, traces, trace };
}

/** The small setup's first weights. */
export async function firstWeights(seed: number): Promise<Arrays> {
  const model = await smallSetup().model(seed);
  const weights = weightsOf(model).map(({ path, variable }) => [path, [...variable.dataSync()]] as const);
  model.dispose();
  return Object.fromEntries(weights);
}

/** Weights with 0 where masks prune. */
export const masked = (weights: Arrays, masks: Arrays): Arrays =>
  Object.fromEntries(
    Object.entries(weights).map(([path, values]) => [
      path,
      values.map((value, i) => (masks[path]?.[i] === 0 ? 0 : value)),
    ]),
  );

export const zeros = (values: readonly number[]) => values.filter((value) => value === 0).length;

export const HIDDEN = ['hidden/0/kernel', 'hidden/1/kernel'];
