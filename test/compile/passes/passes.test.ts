import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../../../lib/compile/builder';
import { optimize } from '../../../lib/compile/passes';
import { commonSubexpressions } from '../../../lib/compile/passes/common-subexpressions';
import { deadCode } from '../../../lib/compile/passes/dead-code';
import { rowOutputs } from '../../../lib/compile/passes/segment-sum';
import { ArgumentSpec, trace, Traceable } from '../../../lib/compile/trace';
import { expectSameAsEager } from '../close';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

const VECTOR = [{ shape: [4], dtype: 'float32' as const }];

/** The operators of a function of a vector, optimized. */
function operatorsOf(fn: Traceable, specs: readonly ArgumentSpec[] = VECTOR): string[] {
  const { graph } = optimize(trace(fn, specs).graph, { integerPath: 'int8', provider: 'cpu' });
  return graph.nodes.map((node) => node.op);
}

describe('clip', () => {
  test('a maximum within a minimum of scalars is one Clip', async () => {
    const fn = (x: tf.Tensor) => x.maximum(-1).minimum(1);
    expect(operatorsOf((x) => fn(x!))).toEqual(['Clip']);
    await expectSameAsEager(fn, [tf.tensor1d([-2, -1, 0.5, NaN, 3, Infinity])]);
  });

  test('bounds the wrong way round give the upper one', () =>
    expectSameAsEager((x) => x.maximum(2).minimum(1), [tf.tensor1d([0, 1.5, 3])]));

  test('bounds that are values of the graph do as well', async () => {
    const fn = (x: tf.Tensor) => x.maximum(x.min().div(2)).minimum(x.max().div(2));
    expect(operatorsOf((x) => fn(x!))).toContain('Clip');
    await expectSameAsEager(fn, [tf.tensor1d([-2, -1, 0.5, 3])]);
  });

  test('bounds that are not scalars stay as they are', () => {
    expect(operatorsOf((x) => x!.maximum(tf.tensor1d([0, 1, 2, 3])).minimum(5))).toEqual(['Max', 'Min']);
  });
});

describe('within bounds', () => {
  /** The gradient of clipping, where it is and where it is not. */
  const gradient = (low: number, high: number) => (x: tf.Tensor) =>
    tf.grad((y) => y.clipByValue(low, high).square().sum())(x);
  const xs = [-Infinity, -2, -1, -0, 0, 0.5, 1, 2, NaN, Infinity];

  test('is asked of what clipping gave', async () => {
    expect(operatorsOf((x) => gradient(-1, 1)(x!))).toEqual(
      expect.arrayContaining(['Clip', 'Equal', 'Where']),
    );
    expect(operatorsOf((x) => gradient(-1, 1)(x!))).not.toContain('And');
    await expectSameAsEager(gradient(-1, 1), [tf.tensor1d(xs)]);
    await expectSameAsEager(gradient(0, 1), [tf.tensor1d(xs)]);
  });

  test('is asked as it was of bounds the wrong way round, which contain nothing', () => {
    const fn: Traceable = (x) => x!.greaterEqual(1).logicalAnd(x!.lessEqual(-1));
    expect(operatorsOf(fn)).toContain('And');
  });
});

describe('what is negated and added', () => {
  test('is subtracted, bit for bit', async () => {
    expect(operatorsOf((x) => tf.add(1, x!.neg()))).toEqual(['Sub']);
    expect(operatorsOf((x) => x!.neg().add(x!.exp()))).toEqual(['Exp', 'Sub']);
    await expectSameAsEager((x) => tf.add(0, x.neg()), [tf.tensor1d([0, -0, 1.5, NaN, Infinity])]);
    await expectSameAsEager((x) => x.neg().add(x.exp()), [tf.tensor1d([0, -1, 1.5])]);
  });
});

describe('slices of a value', () => {
  const MATRIX = [{ shape: [4, 6], dtype: 'float32' as const }];
  const x = () => tf.randomNormal([4, 6], 0, 1, 'float32', 1);

  test('that are all of it are outputs of one Split', async () => {
    const fn = (value: tf.Tensor) => tf.split(value, [1, 3, 2], 1).map((part) => part.exp());
    expect(operatorsOf((value) => fn(value!), MATRIX)).toEqual([
      ...Array(3).fill('Split'),
      ...Array(3).fill('Exp'),
    ]);
    await expectSameAsEager(fn, [x()]);
  });

  test('of which one is not wanted stay slices', async () => {
    const fn = (value: tf.Tensor) =>
      tf
        .split(value, 3, 1)
        .slice(0, 2)
        .map((part) => part.exp());
    expect(operatorsOf((value) => fn(value!), MATRIX)).toEqual(['Slice', 'Slice', 'Exp', 'Exp']);
    await expectSameAsEager(fn, [x()]);
  });

  test('of one element alone is reshaped as it was', () => {
    const fn: Traceable = (value) => value!.slice([1, 0], [1, 6]).reshape([6]).exp();
    expect(operatorsOf(fn, MATRIX)).toEqual(['Slice', 'Reshape', 'Exp']);
  });

  test('that overlap, step or cut two axes stay as they are', () => {
    const fn: Traceable = (value) => [
      value!.slice([0, 0], [3, 6]).exp(),
      value!.slice([2, 0], [2, 6]).exp(),
      value!.stridedSlice([0, 0], [4, 6], [2, 1]).exp(),
      value!.slice([0, 0], [2, 3]).exp(),
      value!.slice([2, 3], [2, 3]).exp(),
    ];
    expect(operatorsOf(fn, MATRIX)).not.toContain('Split');
  });

  test.each([0, 1])('one by one along axis %i are parts of a value whose axes are merged', async (axis) => {
    const fn = (value: tf.Tensor) => tf.unstack(value, axis).map((part) => part.exp());
    const cube = tf.randomNormal([3, 4, 2], 0, 1, 'float32', 2);
    const operators = operatorsOf((value) => fn(value!), [{ shape: cube.shape, dtype: 'float32' }]);
    expect(operators.filter((op) => op === 'Reshape')).toHaveLength(1);
    expect(operators.filter((op) => op === 'Split')).toHaveLength(cube.shape[axis]!);
    await expectSameAsEager(fn, [cube]);
  });
});

describe('a sum of many products', () => {
  const matrix = (seed: number, ...shape: number[]) => tf.randomNormal(shape, 0, 1, 'float32', seed);
  /** Sums of as many products of parts of two matrices, either of them transposed or not. */
  const sumOf = (count: number, transposeA: boolean, transposeB: boolean) => (a: tf.Tensor, b: tf.Tensor) => {
    const parts = tf.split(a, count, transposeA ? 0 : 1).map((part) => part.tanh());
    const others = tf.split(b, count, transposeB ? 1 : 0);
    return parts
      .map((part, i) => tf.matMul(part, others[i]!, transposeA, transposeB))
      .reduce((x, y) => x.add(y));
  };
  const operands = (count: number, transposeA: boolean, transposeB: boolean) => [
    transposeA ? matrix(1, 2 * count, 3) : matrix(1, 3, 2 * count),
    transposeB ? matrix(2, 5, 2 * count) : matrix(2, 2 * count, 5),
  ];
  const productsIn = (fn: (...xs: tf.Tensor[]) => tf.Tensor, xs: readonly tf.Tensor[]): number =>
    operatorsOf(
      fn as Traceable,
      xs.map(({ shape }) => ({ shape, dtype: 'float32' })),
    ).filter((op) => op.endsWith('MatMul')).length;

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('is one product (transposed: %s, %s)', async (...transposed) => {
    const [fn, xs] = [sumOf(20, ...transposed), operands(20, ...transposed)];
    expect(productsIn(fn, xs)).toBe(1);
    await expectSameAsEager(fn, xs);
  });

  test('whose halves are added stays as it is, since that rounds less', () => {
    const halves = (parts: readonly tf.Tensor[]): tf.Tensor => {
      if (parts.length < 2) return parts[0]!;
      return halves(parts.slice(0, parts.length / 2)).add(halves(parts.slice(parts.length / 2)));
    };
    const fn = (a: tf.Tensor, b: tf.Tensor) => {
      const others = tf.split(b, 32, 0);
      return halves(tf.split(a, 32, 1).map((part, i) => part.tanh().matMul(others[i]!)));
    };
    expect(productsIn(fn, operands(32, false, false))).toBe(32);
  });

  test('of few stays as it is', () =>
    expect(productsIn(sumOf(15, false, false), operands(15, false, false))).toBe(15));

  test('may have other terms, and be used before its end', async () => {
    const xs = operands(20, true, false);
    const with1 = (a: tf.Tensor, b: tf.Tensor) => sumOf(20, true, false)(a, b).add(b.slice(0, 3).exp());
    expect(productsIn(with1, xs)).toBe(1);
    await expectSameAsEager(with1, xs);
    const twice = (a: tf.Tensor, b: tf.Tensor) => {
      const sum = sumOf(20, true, false)(a, b);
      return sum.add(sum.exp());
    };
    expect(productsIn(twice, xs)).toBe(1);
    await expectSameAsEager(twice, xs);
  });

  test('is looked for in what is reshaped or joined', async () => {
    const xs = operands(20, true, false);
    const fn = (a: tf.Tensor, b: tf.Tensor) => {
      const parts = tf.split(a, 20, 0).map((part, i) => tf.matMul(part.tanh(), tf.split(b, 20, 0)[i]!, true));
      return parts
        .map((part) => tf.concat([part, part.reshape([3, 5])], 1).reshape([10, 3]))
        .reduce((x, y) => x.add(y));
    };
    expect(productsIn(fn, xs)).toBe(1);
    await expectSameAsEager(fn, xs);
  });
});

describe('common subexpressions', () => {
  test('what is computed twice is computed once', async () => {
    const fn = (x: tf.Tensor) => x.exp().add(1).mul(x.exp().add(1));
    expect(operatorsOf((x) => fn(x!))).toEqual(['Exp', 'Add', 'Mul']);
    await expectSameAsEager(fn, [tf.tensor1d([1, 2])]);
  });

  test('what differs in an attribute, an input or their order is kept apart', () => {
    expect(operatorsOf((x) => x!.leakyRelu(0.1).add(x!.leakyRelu(0.2)))).toEqual([
      'LeakyRelu',
      'LeakyRelu',
      'Add',
    ]);
    expect(operatorsOf((x) => x!.sub(1).add(tf.scalar(1).sub(x!)))).toEqual(['Sub', 'Sub', 'Add']);
  });

  test('different outputs of equal operators are kept apart', () => {
    const builder = new GraphBuilder();
    const x = builder.argument(0, [3], 'float32');
    const outputs = [0, 1].map((slot) => builder.node('Two', [x], [3], 'float32', { slot }));
    expect(commonSubexpressions(builder.finish(outputs)).nodes).toHaveLength(2);
  });
});

describe('dead code', () => {
  test('nodes, inputs and constants that no result needs are dropped', () => {
    const builder = new GraphBuilder();
    const [x, unused] = [0, 1].map((index) => builder.argument(index, [2], 'float32'));
    const constant = builder.constant(Float32Array.of(1, 2), [2], 'float32');
    builder.node('Add', [unused!, constant], [2], 'float32');
    const result = builder.node('Neg', [x!], [2], 'float32');
    const graph = deadCode(builder.finish([result]));
    expect([...graph.inputs.keys()]).toEqual([x]);
    expect(graph.constants.size).toBe(0);
    expect(graph.nodes.map((node) => node.op)).toEqual(['Neg']);
  });

  test('a gradient that is asked for alone costs no forward result', () => {
    expect(operatorsOf((x) => tf.grad((y) => y.square().sum())(x!))).not.toContain('ReduceSum');
  });
});

describe('reshapes', () => {
  test('of reshapes are one, or none if they lead back', () => {
    expect(operatorsOf((x) => x!.reshape([2, 2]).reshape([1, 4]))).toEqual(['Reshape']);
    expect(operatorsOf((x) => x!.reshape([2, 2]).reshape([4]).exp())).toEqual(['Exp']);
  });
});

describe('a product with a transposed left operand', () => {
  const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matMul(a, b, true, false);
  const operators = (rows: number, columns: number, inner = 3): string[] =>
    operatorsOf(
      (a, b) => product(a!, b!),
      [rows, columns].map((width) => ({ shape: [inner, width], dtype: 'float32' as const })),
    );

  test('has the narrower operand turned around', () => {
    expect(operators(100, 200)).toEqual(['Transpose', 'MatMul']);
    expect(operators(200, 200)).toEqual(['Transpose', 'MatMul']);
    expect(operators(200, 100)).toEqual(['Transpose', 'MatMul', 'Transpose']);
  });

  test('is left alone when it is narrow, or one of many', () => {
    expect(operators(128, 128)).toEqual(['FusedMatMul']);
    const batches = [1, 2].map(() => ({ shape: [2, 3, 200], dtype: 'float32' as const }));
    expect(operatorsOf((a, b) => product(a!, b!), batches)).toEqual(['FusedMatMul']);
    const turned = { shape: [200, 3], dtype: 'float32' as const };
    const both: Traceable = (a, b) => tf.matMul(a!, b!, true, true);
    expect(operatorsOf(both, [{ shape: [3, 200], dtype: 'float32' }, turned])).toEqual(['FusedMatMul']);
  });

  test.each([
    [100, 200],
    [200, 100],
    [200, 200],
  ])('has the same value: %i × %i', (rows, columns) =>
    expectSameAsEager(product, [tf.randomNormal([7, rows]), tf.randomNormal([7, columns])]),
  );

  test('turns an operand of several products around once', () => {
    const shapes = [150, 200, 300].map((width) => ({ shape: [3, width], dtype: 'float32' as const }));
    const fn: Traceable = (x, a, b) => [product(x!, a!), product(x!, b!)];
    expect(operatorsOf(fn, shapes)).toEqual(['Transpose', 'MatMul', 'MatMul']);
  });
});

describe('row outputs', () => {
  const ids = { shape: [4], dtype: 'int32' as const };
  const rows = { shape: [4, 2], dtype: 'float32' as const };
  const planOf = (fn: Traceable) => rowOutputs(trace(fn, [ids, rows]).graph).plan;
  const sum = (id: tf.Tensor | undefined, x: tf.Tensor | undefined, segments: number): tf.Tensor =>
    tf.unsortedSegmentSum(x!, id as tf.Tensor1D, segments);

  test('are made of large segment sums', () => {
    expect(planOf((id, x) => sum(id, x, 100))).toEqual([{ parts: [{ rows: 0, ids: 1 }] }]);
  });

  test('and of sums with them: a dense rest, and rows', () => {
    const fn: Traceable = (id, x) =>
      sum(id, x, 100)
        .add(tf.ones([100, 2]))
        .add(sum(id, x!.mul(2), 100));
    expect(planOf(fn)).toEqual([
      {
        dense: 4,
        parts: [
          { rows: 0, ids: 1 },
          { rows: 2, ids: 3 },
        ],
      },
    ]);
  });

  test('but not of small ones, of vectors, of cubes, or of what is computed on', () => {
    expect(planOf((id, x) => sum(id, x, 10))).toEqual([{ dense: 0, parts: [] }]);
    expect(planOf((id, x) => sum(id, x!.sum(1), 100))).toEqual([{ dense: 0, parts: [] }]);
    expect(planOf((id, x) => sum(id, x!.reshape([4, 1, 2]), 100))).toEqual([{ dense: 0, parts: [] }]);
    expect(planOf((id, x) => sum(id, x, 100).mul(2))).toEqual([{ dense: 0, parts: [] }]);
  });
});
