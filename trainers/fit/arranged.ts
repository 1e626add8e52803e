import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { type HostTensor, readHost } from '../../lib/core/host-tensor';

/** Tensors for a model's inputs or outputs, [examples, ...] each: the only one, all in their order, or by their names. */
export type Tensors = tf.Tensor | readonly tf.Tensor[] | Readonly<Record<string, tf.Tensor>>;

/** What a tensor is for. */
export interface Place {
  readonly name: string;
  /** With the axis of examples; null fits every size. */
  readonly shape: tf.Shape;
}

/**
 * Copies the tensors, in the order of their places, to the host. As in tfjs, [examples] is [examples, 1].
 *
 * @param what for messages: `xs`.
 * @throws UserError for another number of tensors, other names, and shapes that do not fit.
 */
export async function arranged(
  tensors: Tensors,
  places: readonly Place[],
  what: string,
): Promise<HostTensor[]> {
  const list = inOrder(tensors, places, what);
  const hosts = await Promise.all(list.map(async (tensor) => column(await copy(tensor))));
  hosts.forEach((host, i) => expectShape(host, places[i]!, what));
  return hosts;
}

function inOrder(tensors: Tensors, places: readonly Place[], what: string): readonly tf.Tensor[] {
  const names = places.map(({ name }) => name);
  const list =
    tensors instanceof tf.Tensor ? [tensors] : isList(tensors) ? tensors : byName(tensors, names, what);
  if (list.length === places.length && list.every((tensor) => tensor instanceof tf.Tensor)) return list;
  throw new UserError(
    `Expected ${places.length} tensor(s) as ${what}, for ${names.join(', ')}, got ` +
      `${list.length === places.length ? 'something else' : list.length}.`,
  );
}

const isList = (value: unknown): value is readonly tf.Tensor[] => Array.isArray(value);

function byName(
  tensors: Readonly<Record<string, tf.Tensor>>,
  names: readonly string[],
  what: string,
): readonly tf.Tensor[] {
  const given = Object.keys(Object(tensors));
  if (names.every((name) => given.includes(name)) && given.length === names.length) {
    return names.map((name) => tensors[name]!);
  }
  throw new UserError(
    `Expected ${what} to be a tensor, a list, or a record with the names ${names.join(', ')}, got ` +
      `${given.join(', ') || String(tensors)}.`,
  );
}

async function copy(tensor: tf.Tensor): Promise<HostTensor> {
  const host = await readHost(tensor);
  return { ...host, data: host.data.slice() };
}

function column(host: HostTensor): HostTensor {
  return host.shape.length === 1 ? { ...host, shape: [...host.shape, 1] } : host;
}

function expectShape({ shape }: HostTensor, place: Place, what: string): void {
  const fits =
    shape.length === place.shape.length &&
    shape.every((size, i) => i === 0 || place.shape[i] === null || place.shape[i] === size);
  if (fits) return;
  const wanted = ['examples', ...place.shape.slice(1).map((size) => size ?? 'any')];
  throw new UserError(
    `Expected ${what} of shape [${wanted.join(', ')}] for "${place.name}", got [${shape.join(', ')}].`,
  );
}
