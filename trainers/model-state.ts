import * as tf from '@tensorflow/tfjs';
import { attachmentsOf, Transform } from '../lib/core/attach';
import { UserError } from '../lib/core/errors';
import { HostTensor, hostTensor, readHost } from '../lib/core/host-tensor';
import { weightsOf } from '../lib/core/weights';
import { LatentMask } from '../lib/pruning/latent-mask';
import type { MaskKind } from '../lib/pruning/mask';
import { maskable, maskKindOf, maskOf, noteMask } from '../lib/pruning/model-masks';
import type { Parameters } from './parameters';

/** Tensors of a model by name: `weights/<path>`, `masks/<path>` or `latent-masks/<path>`, `transforms/<layer>/<target>/<index>/<name>`. */
export type ModelState = Readonly<Record<string, HostTensor>>;

/**
 * Copies all that a model's outputs depend on: weights (frozen ones too), masks, and the state of what is attached to it, such
 * as observed ranges. The optimizer's moments are not among them.
 */
export async function captureModel(model: tf.LayersModel, parameters: Parameters): Promise<ModelState> {
  const state: Record<string, HostTensor> = {};
  for (const [name, variable] of untrained(model, parameters)) state[name] = await copyOf(variable);
  for (const { path, variable, weights } of parameters.list) {
    state[`weights/${path}`] = hostTensor(weights.slice(), [...variable.shape]);
  }
  for (const { path, variable } of weightsOf(model)) {
    const mask = maskOf(variable);
    if (mask) state[MASKS[maskKindOf(variable)!] + path] = hostTensor(mask, [...variable.shape]);
  }
  return state;
}

/**
 * Puts a captured state back, by copying: all of it, or nothing.
 *
 * @throws UserError if it is another model's: a tensor is missing or has another shape.
 */
export function restoreModel(model: tf.LayersModel, parameters: Parameters, state: ModelState): void {
  const assigned = untrained(model, parameters).map(
    ([name, variable]) => [variable, tensorOf(state, name, variable.shape)] as const,
  );
  const trained = parameters.list.map(
    ({ path, variable, weights }) => [weights, tensorOf(state, `weights/${path}`, variable.shape)] as const,
  );
  const masked = weightsOf(model).map((weight) => {
    const kind = KINDS.find((each) => MASKS[each] + weight.path in state);
    const mask = kind && tensorOf(state, MASKS[kind] + weight.path, weight.variable.shape);
    return [maskable(model, weight), mask?.data as Uint8Array | undefined, kind] as const;
  });
  for (const [variable, { data, shape, dtype }] of assigned) {
    tf.tidy(() => variable.assign(tf.tensor(data.slice(), shape, dtype)));
  }
  for (const [weight, mask, kind] of masked) noteMask(weight, mask, kind);
  parameters.rebind();
  for (const [weights, { data }] of trained) weights.set(data);
  parameters.upload();
}

const MASKS: Readonly<Record<MaskKind, string>> = { hard: 'masks/', latent: 'latent-masks/' };
const KINDS = Object.keys(MASKS) as MaskKind[];

/** The tensor of a name, checked against the shape that the model wants. */
export function tensorOf(state: ModelState, name: string, shape: readonly number[]): HostTensor {
  const tensor = state[name];
  if (tensor && tensor.shape.join() === shape.join()) return tensor;
  throw new UserError(
    `The saved state is of another model: expected "${name}" of shape [${shape.join(', ')}], ` +
      (tensor ? `found shape [${tensor.shape.join(', ')}].` : 'found none.'),
  );
}

/** What the parameters do not hold: frozen weights, weights that layers change themselves, and what is attached. */
function untrained(model: tf.LayersModel, parameters: Parameters): [string, tf.Variable][] {
  const trained = new Set(parameters.list.map(({ variable }) => variable));
  const weights = weightsOf(model).filter(({ variable }) => !trained.has(variable));
  const attached = attachmentsOf(model).filter(({ transform }) => !(transform instanceof LatentMask)); // masks come and go
  const transforms = attached.flatMap(({ layer, target, transform }, index) =>
    variablesOf(transform).map(([name, variable]): [string, tf.Variable] => [
      `transforms/${layer.name}/${target}/${index}/${name}`,
      variable,
    ]),
  );
  return [
    ...weights.map(({ path, variable }): [string, tf.Variable] => [`weights/${path}`, variable]),
    ...transforms.filter(([, variable]) => !trained.has(variable)),
  ];
}

function variablesOf(transform: Transform): [string, tf.Variable][] {
  const trainables = Object.entries(transform.trainables?.() ?? {});
  return [
    ...Object.entries(transform.state()),
    ...trainables.map(([name, { variable }]): [string, tf.Variable] => [name, variable]),
  ];
}

async function copyOf(variable: tf.Variable): Promise<HostTensor> {
  const host = await readHost(variable);
  return { ...host, data: host.data.slice() };
}
