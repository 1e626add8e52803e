import type * as tf from '@tensorflow/tfjs';
import { sampleBatches } from '../../datasets/sample-batches';
import { quantizeModel } from '../../lib/analysis/quantize-model';
import type { RowSelector } from '../../lib/analysis/record';
import type { Repair, RepairName } from '../../lib/analysis/repairs';
import type { Rules } from '../../lib/compress/rules';
import { identityOfRules } from '../../lib/compress/rules-identity';
import type { HostTensor } from '../../lib/core/host-tensor';
import { identityOf } from '../../lib/core/config';
import { ALLOWED_LOSS, describeCollapse, suspects } from '../accuracy-gate';
import type { InferenceOptions } from '../inference';
import { densePhase } from './dense';
import type { Beside, Phase } from './phase';
import type { Outcome, RecipeOptions } from './setup';

/** A way of quantizing. */
export interface PtqMethod {
  /** Of its row: `static`, `weight-only-4`. */
  readonly name: string;
  /** What is quantized, and how. */
  readonly rules: Rules;
  /** Repairs before it is converted, in the order of `repairs`. Default none. */
  readonly repair?: readonly (RepairName | Repair)[];
}

/** What every way of quantizing a trained model shares. */
export interface QuantizingOptions extends RecipeOptions {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Training examples for ranges and repairs, without their labels; 512 by default. */
  readonly calibration?: number;
  /** Which rows of what layers read count for ranges and in repairs. */
  readonly rows?: RowSelector;
  /** How the quantized models are run for the reported score. */
  readonly inference?: InferenceOptions;
  /** How much of the first metric may be lost before layers are named; 0.02 by default. */
  readonly allowedLoss?: number;
}

/** The model in floats, trained, or as it is where the setup has no epochs. */
export const trainedPhase = ({ setup, seed }: QuantizingOptions): Phase =>
  densePhase(seed, { handsOn: true, trains: setup.epochs > 0 });

/** Quantizes the model of a phase in one way, without training. */
export function quantizePhase(options: QuantizingOptions, method: PtqMethod, after: Phase): Phase {
  const { seed, rows, calibration = CALIBRATION } = options;
  const { name, rules, repair = [] } = method;
  const label = { method: name, role: 'method', seed } as const;
  return {
    label,
    identity: {
      rules: identityOfRules(rules),
      repair: repair.map(nameOf),
      calibration,
      rows: rows ? identityOf(rows) : null,
    },
    after,
    trains: false,
    async attach(model) {
      const data = await calibrationData(options);
      return {
        end: () => quantizeModel(model, { rules, repair, data, rows }),
        scored: (outcome, beside) => gate(options, { model, rules, data }, outcome, beside),
      };
    },
  };
}

const nameOf = (repair: RepairName | Repair): string => (typeof repair === 'string' ? repair : repair.name);

/** Examples for ranges and repairs. */
const CALIBRATION = 512;

/** Inputs of training examples. */
export async function calibrationData({
  setup,
  seed,
  calibration = CALIBRATION,
}: QuantizingOptions): Promise<HostTensor[][]> {
  return (await sampleBatches(setup.data(seed), calibration)).map(({ xs }) => xs);
}

/** Batches that are enough to tell layers apart. */
const GATE_BATCHES = 2;

async function gate(
  { setup, listener, allowedLoss = ALLOWED_LOSS }: QuantizingOptions,
  subject: { readonly model: tf.LayersModel; readonly rules: Rules; readonly data: HostTensor[][] },
  outcome: Outcome,
  { label, before }: Beside,
): Promise<void> {
  const [metric] = Object.keys(setup.metrics);
  if (metric === undefined || !before) return;
  const scores = { metric, before: before.metrics[metric]!, after: outcome.metrics[metric]! };
  if (scores.before - scores.after <= allowedLoss) return;
  const worst = await suspects(subject.model, subject.rules, subject.data.slice(0, GATE_BATCHES));
  listener?.onNotice?.(`${outcome.method}: ${describeCollapse(scores, worst)}`, label);
}
