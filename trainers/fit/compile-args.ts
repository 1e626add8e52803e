import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { expectOurTfjs } from '../../lib/core/layers';

/** A loss or a metric as tfjs has them: what it measures of each example, of each of its parts, or of all of them. */
export type Score = (truth: tf.Tensor, predictions: tf.Tensor) => tf.Tensor;

/** One output of a compiled model. */
export interface CompiledOutput {
  readonly name: string;
  /** With the axis of examples. */
  readonly shape: tf.Shape;
  readonly loss: Score;
  /** The string that the loss was given by; undefined where it was a function. */
  readonly lossName: string | undefined;
}

export interface CompiledMetric {
  /** As tfjs names it in logs. */
  readonly name: string;
  readonly score: Score;
  /** The output that it measures, by its place. */
  readonly output: number;
  /** Whether it is the loss of an output, as tfjs lists it where there are several. */
  readonly isLoss: boolean;
}

/** What `model.compile` was told, as tfjs has resolved it. */
export interface CompileArgs {
  readonly optimizer: tf.Optimizer;
  readonly outputs: readonly CompiledOutput[];
  readonly metrics: readonly CompiledMetric[];
}

/** @throws UserError for a model that was not compiled or is of another copy of tfjs, for outputs without a loss, and for classes of a single unit. */
export function compileArgsOf(subject: tf.LayersModel): CompileArgs {
  expectOurTfjs(subject);
  const model = compiledModelOf(subject);
  const { optimizer } = model as { readonly optimizer?: tf.Optimizer };
  if (!optimizer) {
    throw new UserError(
      `Expected a compiled model, got "${model.name}" without an optimizer and a loss; call model.compile({ optimizer, loss }) first.`,
    );
  }
  const [, ...names] = numbered(model.metricsNames);
  return {
    optimizer,
    outputs: model.outputs.map((output, i) => {
      const [loss, lossName] = [lossAt(model, i), lossNameAt(model, i)];
      expectClasses(model.outputNames[i]!, output.shape, lossName);
      return { name: model.outputNames[i]!, shape: output.shape, loss, lossName };
    }),
    metrics: model.metricsTensors.map(([score, output], i) => ({
      name: names[i]!,
      score: score as Score,
      output,
      isLoss: model.outputs.length > 1 && i < model.outputs.length,
    })),
  };
}

/** What tfjs trains: a `tf.Sequential` hands everything on to a model inside of it, which callbacks know as their model too. */
export function compiledModelOf(model: tf.LayersModel): tf.LayersModel {
  const { model: inner } = model as { readonly model?: tf.LayersModel };
  return model instanceof tf.Sequential && inner ? inner : model;
}

function lossAt({ lossFunctions, outputNames }: tf.LayersModel, output: number): Score {
  const loss = lossFunctions[output] as Score | undefined;
  if (loss) return loss;
  throw new UserError(
    `Expected a loss of every output, got none of "${outputNames[output]}"; name one in model.compile, or train a model without it.`,
  );
}

function lossNameAt({ loss, outputNames }: tf.LayersModel, output: number): string | undefined {
  const own: unknown =
    typeof loss === 'object' ? Object(loss)[isList(loss) ? output : outputNames[output]!] : loss;
  return typeof own === 'string' ? own : undefined;
}

const isList = (value: unknown): boolean => Array.isArray(value);

/** The share of one number in itself is 1, whatever it is: nothing would be learned. */
function expectClasses(name: string, shape: tf.Shape, lossName: string | undefined): void {
  if (!lossName?.toLowerCase().endsWith('categoricalcrossentropy') || shape.at(-1) !== 1) return;
  throw new UserError(
    `Expected two units at least for ${lossName}, got one in "${name}"; use a sigmoid unit and binaryCrossentropy.`,
  );
}

/** Names that occur several times get numbers, as in tfjs's logs: `acc_0`, `acc_1`. */
function numbered(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const isTwice = names.indexOf(name) !== names.lastIndexOf(name);
    const before = names.slice(0, i).filter((other) => other === name).length;
    return isTwice ? `${name}_${before}` : name;
  });
}
