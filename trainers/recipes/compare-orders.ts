import type { LatencyOptions } from '../../lib/analysis/latency';
import { bytesOfLayers, expectSeveralLayers, fewerLayersPhase, layersOf, mostLayers } from './fewer-layers';
import { gradualPhase } from './gradual-pruning';
import { OrderOptions, orderPhases, ORDERS } from './orders';
import type { Phase, Taught } from './phase';
import { Phases, withPhases } from './phases';
import { qatPhase } from './qat';
import { calibrationData, quantizePhase, QuantizingOptions, trainedPhase } from './quantizing';
import type { Outcome } from './setup';

/** Options of {@link compareOrders}. */
export interface CompareOrdersOptions extends QuantizingOptions, Omit<OrderOptions, 'budget' | 'taught'> {
  /** Epochs after the dense model's that every row gets, at least 2. */
  readonly train: number;
  /** What every training after the dense model's minimises, made with the dense model as a teacher; the setup's loss by default. */
  readonly teaching?: Taught['loss'];
  /** How to measure what files cost, which is what is compared. */
  readonly footprint: LatencyOptions;
}

/**
 * **Does the order matter, and are both together worth it?** A BERT is trained, or taken as it is where the setup has no epochs; it is then
 * pruned and trained for quantization in every order, each within the same further epochs, beside what would be simpler: the dense model trained
 * for as much longer, quantizing alone, pruning alone, and a quantized model of fewer layers, as many as take no more bytes after gzip than the
 * largest of the orders' files.
 *
 * @returns `dense`, `dense+trained`, `ptq`, `gradual`, the orders' rows, `fewer-layers` as it is cut, and `fewer-layers+trained`, quantized.
 * @throws UserError for less than 2 epochs of training, and for a model that was not built by `bert`.
 *
 * @example
 * await compareOrders({ setup, folder, seed: 0, train: 4, sparsity: 0.8, begin: 0.1, end: 0.7, frequency: 10, rules: staticInt8(), freezeObserversAt: 0.8, footprint: {} });
 */
export async function compareOrders(options: CompareOrdersOptions): Promise<Outcome[]> {
  await expectLayers(options);
  const dense = trainedPhase(options);
  const { teaching } = options;
  const further: Further = { after: dense, taught: teaching && { by: dense, loss: teaching } };
  const first = [dense, ...simpler(options, further), ...inOrder(options, further)];
  return withPhases({ ...options, count: first.length + 2 }, async (phases) => {
    const outcomes: Outcome[] = [];
    for (const phase of first) outcomes.push(await phases.run(phase));
    const layers = await layersWithin(options, phases, { dense, bytes: largestOf(outcomes) });
    for (const phase of fewerLayers(options, further, layers)) outcomes.push(await phases.run(phase));
    return outcomes;
  });
}

async function expectLayers({ setup, seed }: CompareOrdersOptions): Promise<void> {
  const model = await setup.model(seed);
  try {
    expectSeveralLayers(model);
  } finally {
    model.dispose();
  }
}

/** What every training after the dense model's begins with, and whom it learns from. */
interface Further {
  readonly after: Phase;
  readonly taught?: Taught;
}

/** One thing at a time. */
function simpler(options: CompareOrdersOptions, further: Further): Phase[] {
  const { seed, rules, train: epochs, pruningRate: learningRate } = options;
  return [
    { label: { method: 'dense+trained', role: 'control', seed }, identity: null, ...further, epochs },
    quantizePhase(options, { name: 'ptq', rules }, further.after),
    gradualPhase(options, { ...further, epochs, learningRate }),
  ];
}

const inOrder = (options: CompareOrdersOptions, { after, taught }: Further): Phase[] =>
  ORDERS.flatMap((order) => orderPhases(order, { ...options, budget: options.train, taught }, after));

function largestOf(outcomes: readonly Outcome[]): number {
  const names: readonly string[] = ORDERS;
  return Math.max(
    ...outcomes.flatMap(({ method, footprint }) => (names.includes(method) ? footprint!.gzippedBytes : [])),
  );
}

interface Target {
  readonly dense: Phase;
  /** After gzip. */
  readonly bytes: number;
}

/** How many layers a quantized model may have; at least one, which may be too much and is told then. */
async function layersWithin(
  options: CompareOrdersOptions,
  phases: Phases,
  { dense, bytes }: Target,
): Promise<number> {
  const { rules, rows, listener } = options;
  const found = await phases.between(dense, 'fewer-layers-bytes', { bytes }, async (model) => {
    const data = await calibrationData(options);
    return mostLayers(layersOf(model), bytes, (layers) =>
      bytesOfLayers(model, layers, { rules, data, rows }),
    );
  });
  if (found.bytes > bytes) {
    listener?.onNotice?.(
      `One layer is the nearest that there is: it takes ${found.bytes} bytes after gzip, more than ${bytes}.`,
      { ...dense.label, index: 0, count: 0 },
    );
  }
  return found.layers;
}

function fewerLayers(
  options: CompareOrdersOptions,
  { after: dense, taught }: Further,
  layers: number,
): Phase[] {
  const { seed, train: epochs } = options;
  const cut = fewerLayersPhase(seed, layers, dense);
  const name = 'fewer-layers+trained';
  return [
    cut,
    qatPhase(
      { ...options, name },
      { label: { method: name, role: 'control', seed }, after: cut, epochs, taught },
    ),
  ];
}
