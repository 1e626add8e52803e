import * as tf from '@tensorflow/tfjs';
import { Program } from '../../lib/compile/program';
import { convert } from '../../lib/compress/convert';
import { prepare, Prepared } from '../../lib/compress/prepare';
import { staticInt8 } from '../../lib/compress/scheme';
import { forward } from '../../lib/forward/forward';
import { hostTensor, HostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { cases, observe } from '../compress/models';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const make = cases['a BERT']!;
const DENSE_LAYERS = 2 * 6 + 2;
const CONSUMED_TENSORS = 2 * 4 + 2; // query, key and value share one
const TABLES = 2; // of positions and types; tokens are quantized when looked up

interface Step {
  readonly loss: number;
  readonly gradients: number[][];
  readonly ranges: number[];
}

/** Without dropout, whose masks need the clock. */
function preparedBert(): { prepared: Prepared; inputs: tf.Tensor[] } {
  const { model, inputs } = make();
  model.layers.forEach((layer) => {
    const drops = layer as tf.layers.Layer & { rate?: number; dropout?: number };
    if (drops.rate !== undefined) drops.rate = 0;
    if (drops.dropout !== undefined) drops.dropout = 0;
  });
  const prepared = prepare(model, staticInt8());
  observe({ model, inputs });
  return { prepared, inputs: inputs(1) };
}

/** Loss, then gradients by path, of a training step on these inputs. */
function trainingStep({ model }: Prepared) {
  const weights = weightsOf(model);
  return (...xs: tf.Tensor[]): tf.Tensor[] => {
    const loss = () => forward(model, xs, true).square().mean() as tf.Scalar;
    const { value, grads } = tf.variableGrads(
      loss,
      weights.map(({ variable }) => variable),
    );
    return [value, ...weights.map(({ variable }) => grads[variable.name]!)];
  };
}

const rangesOf = ({ inputs }: Prepared): number[] =>
  [...inputs.values()].flatMap(({ observer }) =>
    Object.values(observer!.state()).map((variable) => variable.dataSync()[0]!),
  );

const toHost = (x: tf.Tensor): HostTensor => hostTensor(x.dataSync() as Int32Array, x.shape);
const toStep = ([loss, ...gradients]: number[][], prepared: Prepared): Step => ({
  loss: loss![0]!,
  gradients,
  ranges: rangesOf(prepared),
});

function eagerStep(): Step {
  const { prepared, inputs } = preparedBert();
  const results = trainingStep(prepared)(...inputs).map((tensor) => Array.from(tensor.dataSync()));
  return toStep(results, prepared);
}

async function compiledStep(integer: boolean): Promise<Step & { operators: string[] }> {
  const { prepared, inputs } = preparedBert();
  prepared.setIntegerPath(integer);
  const program = await Program.compile(trainingStep(prepared) as never, inputs.map(toHost) as never, {
    threads: 1,
    integerPath: 'simulated', // whose sums are exact, so it rounds otherwise; tested where it is made
  });
  const results = (await program.run(inputs.map(toHost))).slice(0, 1 + weightsOf(prepared.model).length);
  const numbers = results.map(({ data }) => Array.from(data));
  return { ...toStep(numbers, prepared), operators: program.operators };
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  const largest = Math.max(...expected.map(Math.abs));
  const furthest = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  expect(actual).toHaveLength(expected.length);
  expect(furthest).toBeLessThanOrEqual(tolerance * largest + 1e-12);
}

describe('a compiled training step of a prepared BERT', () => {
  test.each([
    ['simulated', false],
    ['as integer codes', true],
  ])('%s, is the eager one: loss, gradients and new ranges', async (_, integer) => {
    const [eager, compiled] = [eagerStep(), await compiledStep(integer)];
    const count = (wanted: string) => compiled.operators.filter((operator) => operator === wanted).length;
    expect(count('QuantizeLinear')).toBe(integer ? CONSUMED_TENSORS : 0);
    expect(count('DequantizeLinear')).toBe(integer ? CONSUMED_TENSORS + DENSE_LAYERS + TABLES : 0);
    expectClose([compiled.loss], [eager.loss], 1e-5);
    // Together: the gradient of a key's bias is 0 but for rounding.
    expectClose(compiled.gradients.flat(), eager.gradients.flat(), 1e-5);
    expectClose(compiled.ranges, eager.ranges, 1e-6);
  });
});

test('a converted model compiles to the prepared model’s numbers', async () => {
  const { prepared, inputs } = preparedBert();
  const { model } = convert(prepared);
  const eager = forward(prepared.model, inputs, false);
  const program = await Program.compile(
    ((...xs: tf.Tensor[]) => forward(model, xs, false)) as never,
    inputs.map(toHost) as never,
  );
  const [compiled] = await program.run(inputs.map(toHost));
  expectClose(Array.from(compiled!.data), Array.from(eager.dataSync()), 1e-5);
});
