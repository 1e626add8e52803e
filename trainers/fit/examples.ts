import type * as tf from '@tensorflow/tfjs';
import { type HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { expectIds, idRangesOf } from '../id-ranges';
import { expectLabels } from '../label-range';
import { arranged, type Tensors } from './arranged';
import type { CompiledOutput } from './compile-args';
import { stockRange } from './stock-ranges';
import { type WeightOptions, weightsOfExamples } from './weights';

/** Inputs and labels of all examples, in the order of the model's inputs and outputs. */
export interface Examples {
  readonly xs: readonly HostTensor[];
  readonly ys: readonly HostTensor[];
  /** What each example counts, [examples], of each output; none where all count the same. */
  readonly weights: readonly HostTensor[];
}

export interface ReadOptions extends WeightOptions {
  /** What they are, for messages: `validation `. */
  readonly of?: string;
}

/**
 * Copies examples to the host.
 *
 * @throws UserError for tensors that the model does not take.
 */
export async function readExamples(
  model: tf.LayersModel,
  outputs: readonly CompiledOutput[],
  [xs, ys]: readonly [xs: Tensors, ys: Tensors],
  { of = '', ...options }: ReadOptions = {},
): Promise<Examples> {
  const inputs = model.inputs.map(({ shape }, i) => ({ name: model.inputNames[i]!, shape }));
  const places = outputs.map(({ name, shape, lossName }) => ({ name, shape: labelShape(shape, lossName) }));
  const read = await arranged(xs, inputs, `${of}xs`);
  const labels = (await arranged(ys, places, `${of}ys`)).map((tensor, i) => forLoss(tensor, outputs[i]!));
  const names = outputs.map(({ name }) => name);
  return { xs: read, ys: labels, weights: await weightsOfExamples(options, labels, names) };
}

/**
 * `readExamples` of all examples at once, looked at: a training looks at batches, and could name no example by its number.
 *
 * @throws UserError as that does, and for ids that name no row of a table, and labels that the loss does not learn from.
 */
export async function readChecked(
  model: tf.LayersModel,
  outputs: readonly CompiledOutput[],
  given: readonly [xs: Tensors, ys: Tensors],
  options: ReadOptions = {},
): Promise<Examples> {
  const examples = await readExamples(model, outputs, given, options);
  const { of = '' } = options;
  expectIds(examples.xs, idRangesOf(model), `${of}xs`);
  examples.ys.forEach((tensor, i) =>
    expectLearnable(tensor, outputs[i]!, `${of}ys for "${outputs[i]!.name}"`),
  );
  return examples;
}

const CLASSES = 'sparseCategoricalCrossentropy';

/** Classes have one number where their outputs have one for each. */
function labelShape(shape: tf.Shape, lossName: string | undefined): tf.Shape {
  return lossName === CLASSES ? [...shape.slice(0, -1), 1] : shape;
}

/** tfjs's loss of classes takes floats only. */
function forLoss(labels: HostTensor, { lossName }: CompiledOutput): HostTensor {
  return lossName === CLASSES ? hostTensor(Float32Array.from(labels.data), labels.shape) : labels;
}

function expectLearnable(labels: HostTensor, { lossName, shape }: CompiledOutput, where: string): void {
  const range = stockRange(lossName);
  if (range) expectLabels(labels, range, shape.at(-1) ?? Infinity, where);
}
