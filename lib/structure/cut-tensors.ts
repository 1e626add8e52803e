import { HostTensor, hostTensor } from '../core/host-tensor';
import type { ResolvedBertConfig } from '../models/bert-config';
import { Unit, Values, withoutUnits } from '../pruning/unit';
import { Cut, resolveCut, unitsOf } from './cut';
import { renamed } from './layer-names';

/**
 * Cuts tensors that lie beside a BERT's weights, in their shapes, by the weights' paths: weights, masks, an optimizer's moments. Those of
 * layers that go are left out, and what comes after them is named anew; of a layer that loses all heads or neurons the output's bias stays.
 *
 * @param tensors by path; paths that are no weight's stay as they are.
 * @param config of the model as it is, `bertConfigOf(model)`.
 * @throws UserError for a cut that does not fit the model.
 */
export function cutTensors(
  tensors: ReadonlyMap<string, HostTensor>,
  config: ResolvedBertConfig,
  cut: Cut,
): Map<string, HostTensor> {
  const resolved = resolveCut(cut, config);
  const units = unitsOf(resolved, config.headSize).map((unit) => among(unit, tensors));
  const left = withoutUnits(new Map([...tensors].map(([path, tensor]) => [path, floatsOf(tensor)])), units);
  return new Map(
    [...left].flatMap(([path, { data, shape }]): [string, HostTensor][] => {
      const name = renamed(path, resolved);
      if (name === undefined || isEmptied(path, shape, tensors)) return [];
      return [[name, hostTensor(like(tensors.get(path)!, data), [...shape])]];
    }),
  );
}

/** There may be masks of some weights only. */
const among = (unit: Unit, tensors: ReadonlyMap<string, unknown>): Unit => ({
  ...unit,
  slices: unit.slices.filter(({ path }) => tensors.has(path)),
});

const isEmptied = (path: string, shape: readonly number[], before: ReadonlyMap<string, HostTensor>) =>
  shape.includes(0) && !before.get(path)!.shape.includes(0);

const floatsOf = ({ data, shape }: HostTensor): Values => ({
  shape,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
});

function like({ dtype }: HostTensor, values: Float32Array): HostTensor['data'] {
  if (dtype === 'float32') return values;
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}
