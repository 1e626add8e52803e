import * as tf from '@tensorflow/tfjs';
import { CALIBRATION, Pass } from '../core/attach';
import { UserError } from '../core/errors';
import { dims } from '../core/dims';
import { isTracing } from '../core/derived';
import { rememberFields } from '../core/layer-fields';
import { isModel, layersOf } from '../core/layers';
import { wrapCall } from '../core/wrap-call';
import { drawFromClock } from '../random/from-clock';
import { oneSequencePerMask } from '../random/recurrent-masks';
import { firstTokenCuts } from './token-wise';

/**
 * Applies a model to tensors, in the order of its inputs, and returns its one output, which the caller owns.
 *
 * Unlike `model.apply`, a layer never sees the mask of an earlier one: `LayersModel.execute` writes each mask into the one
 * `kwargs` that all layers get, and leaves it there for layers whose own inputs are not masked.
 *
 * In training, the stock layers that drop or add noise draw from the clock (lib/random/from-clock.ts), as ours do.
 *
 * What is not read is not computed: a classifier that reads one token takes only that one through the layers before it; see
 * `firstTokenCuts`.
 *
 * @param training whether dropout and the like are on.
 * @throws UserError if the number of inputs differs or the model has several outputs; when it is traced, if a layer is stateful.
 */
export function forward(model: tf.LayersModel, xs: readonly tf.Tensor[], training: boolean): tf.Tensor {
  return forwardThrough(model, xs, { pass: training ? 'training' : 'inference' })[0];
}

export interface ForwardThroughOptions {
  /** What the pass is for: dropout and the like are on in training, observers watch in training and calibration. */
  readonly pass: Pass;
  /** Names of layers of the model itself, each applied once in it. Default none. */
  readonly layers?: readonly string[];
  /** Compute what is not read, too. Default false. */
  readonly whole?: boolean;
  /** Take a model of several outputs, too, and return them all. Default false. */
  readonly several?: boolean;
}

/**
 * Like `forward`, and returns the outputs of some layers as well, computed on the way.
 *
 * @returns the model's output, or outputs, then those of the layers in their order; the caller owns them all.
 * @throws UserError as `forward` does, and if there is no such layer.
 */
export function forwardThrough(
  model: tf.LayersModel,
  xs: readonly tf.Tensor[],
  { pass, layers = [], whole = false, several = false }: ForwardThroughOptions,
): [tf.Tensor, ...tf.Tensor[]] {
  if (!several) expectOneOutput(model);
  expectInputs(model, xs);
  const all = layersOf(model);
  if (isTracing()) expectNoState(all);
  const containers = all.filter(isModel);
  const inner = new Set(containers.flatMap((container) => container.layers));
  const { view, places } = viewOf(model, layers);
  const cuts = whole ? [] : [...firstTokenCuts(view.outputs, pass)];
  const restore = [
    ...oneSequencePerMask(all),
    ...(pass === 'training' ? drawFromClock(all) : []),
    ...[...inner].map(clearMaskAfterCall),
    ...cuts.map(([layer, at]) => cutInputs(layer, at)),
    ...(isTracing() ? [rememberFields(all)] : []),
  ];
  try {
    return tf.tidy(() => {
      const kwargs = { training: pass === 'training', [CALIBRATION]: pass === 'calibration' };
      const outputs = [view.apply([...xs], kwargs) as tf.Tensor | tf.Tensor[]].flat();
      return places.map((place) => outputs[place]) as [tf.Tensor, ...tf.Tensor[]];
    });
  } finally {
    restore.reverse().forEach((undo) => undo());
  }
}

function expectOneOutput({ name, outputs }: tf.LayersModel): void {
  if (outputs.length === 1) return;
  throw new UserError(
    `Expected a model of one output, got "${name}" with ${outputs.length}; make one of each (tf.model), or join them (concatenate).`,
  );
}

function expectInputs({ name, inputs }: tf.LayersModel, xs: readonly tf.Tensor[]): void {
  if (xs.length !== inputs.length) {
    throw new UserError(`Expected ${inputs.length} input tensor(s) for "${name}", got ${xs.length}.`);
  }
  const wrong = inputs.findIndex(({ shape }, i) => !fits(xs[i]!.shape, shape));
  if (wrong < 0) return;
  const expected = inputs[wrong]!.shape.map((size) => size ?? 'any').join(', ');
  throw new UserError(
    `Expected [${expected}] as the shape of input "${inputs[wrong]!.name}" of "${name}", got [${xs[wrong]!.shape.join(', ')}].`,
  );
}

/** Of any batch, also where the input says one. */
const fits = (shape: readonly number[], wanted: readonly (number | null)[]): boolean =>
  shape.length === wanted.length &&
  shape.every((size, axis) => axis === 0 || wanted[axis] === null || size === wanted[axis]);

/** A trace starts every time from the state of its moment, and a stateful layer frees the tensors that it replaces. */
function expectNoState(layers: readonly tf.layers.Layer[]): void {
  const stateful = layers.find((layer) => layer.stateful && !isModel(layer));
  if (!stateful) return;
  throw new UserError(
    `Expected layers that keep nothing from one batch to the next, got the stateful layer "${stateful.name}", which can be neither ` +
      'compiled nor exported; make it with stateful: false, or run eagerly (`eagerEngine`).',
  );
}

/** A model with more outputs, and the places of those that were asked for among them: tfjs gives none twice. */
interface View {
  readonly view: tf.LayersModel;
  readonly places: readonly number[];
}

const views = new WeakMap<tf.LayersModel, Map<string, View>>();

/** The model with the outputs of some layers after its own; it shares everything with the model. */
function viewOf(model: tf.LayersModel, layers: readonly string[]): View {
  if (layers.length === 0) return { view: model, places: model.outputs.map((_, i) => i) };
  const known = views.get(model) ?? new Map<string, View>();
  views.set(model, known);
  const key = layers.join('\n');
  const found = known.get(key) ?? makeView(model, layers);
  known.set(key, found);
  return found;
}

function makeView(model: tf.LayersModel, layers: readonly string[]): View {
  const wanted = [...model.outputs, ...layers.map((name) => outputOf(model, name))];
  const outputs = [...new Set(wanted)];
  const view = tf.model({ inputs: model.inputs, outputs });
  return { view, places: wanted.map((output) => outputs.indexOf(output)) };
}

function outputOf(model: tf.LayersModel, name: string): tf.SymbolicTensor {
  const layer = model.layers.find((candidate) => candidate.name === name);
  if (layer) return layer.output as tf.SymbolicTensor;
  throw new UserError(
    `Expected a layer "${name}" in "${model.name}", found ${model.layers.map((found) => found.name).join(', ')}.`,
  );
}

function clearMaskAfterCall(layer: tf.layers.Layer): () => void {
  return wrapCall(layer, (call) => (inputs, kwargs) => {
    try {
      return call(inputs, kwargs);
    } finally {
      delete kwargs['mask'];
    }
  });
}

/** Gives a layer only the first token, [batch, 1, width], of its inputs at some places. */
function cutInputs(layer: tf.layers.Layer, places: readonly number[]): () => void {
  return wrapCall(layer, (call) => (inputs, kwargs) => {
    const cut = [inputs].flat().map((input, i) => (places.includes(i) ? firstToken(input) : input));
    return call(Array.isArray(inputs) ? cut : cut[0]!, kwargs);
  });
}

function firstToken(x: tf.Tensor): tf.Tensor {
  const [batch, , width] = dims(x, 3);
  return x.slice([0, 0, 0], [batch, 1, width]);
}
