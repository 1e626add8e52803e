import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { Value } from '../graph';
import { Attrs, broadcastShape, input, Mapping } from './kernel';
import { reshape } from '../reshape';
import { cast, swapLast } from './shape';

/** `a · b` with either operand's last two axes swapped, batched and broadcast. */
function multiply(graph: GraphBuilder, a: Value, b: Value, attrs: Attrs): Value {
  const [transA, transB] = [attrs.get<boolean>('transposeA'), attrs.get<boolean>('transposeB')];
  const [[rows, inner], [otherInner, columns]] = [sizes(a, transA), sizes(b, transB)];
  if (inner !== otherInner) throw mismatch(a, b, transA, transB);
  const batch = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  // tfjs gives every matmul a batch axis; without it the operands are the matrices that other rewrites look for.
  if (batch.every((length) => length === 1)) {
    const product = matrixProduct(
      graph,
      asMatrix(graph, a),
      asMatrix(graph, b),
      [rows, columns],
      transA,
      transB,
    );
    return reshape(graph, product, [...batch, rows, columns]);
  }
  return matrixProduct(graph, a, b, [...batch, rows, columns], transA, transB);
}

/** Rows and columns of a matrix as it is multiplied. */
function sizes({ shape }: Value, transposed: boolean): [number, number] {
  const [rows = NaN, columns = NaN] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

function mismatch(a: Value, b: Value, transA: boolean, transB: boolean): Error {
  const told = (x: Value, transposed: boolean) => `[${x.shape.join(', ')}]${transposed ? ' transposed' : ''}`;
  return new Error(
    `Error in matMul: expected matrices whose inner sizes match, got ${told(a, transA)} and ${told(b, transB)}.`,
  );
}

function asMatrix(graph: GraphBuilder, x: Value): Value {
  return reshape(graph, x, x.shape.slice(-2));
}

function matrixProduct(
  graph: GraphBuilder,
  a: Value,
  b: Value,
  shape: readonly number[],
  transA: boolean,
  transB: boolean,
): Value {
  if (!transA && !transB) return graph.node('MatMul', [a, b], shape, a.dtype);
  if (a.dtype !== 'float32') {
    const operands = [transA ? swapLast(graph, a) : a, transB ? swapLast(graph, b) : b];
    return graph.node('MatMul', operands, shape, a.dtype);
  }
  return graph.node('FusedMatMul', [a, b], shape, a.dtype, {
    attributes: { transA: Number(transA), transB: Number(transB) },
    domain: 'com.microsoft',
  });
}

const ACTIVATION: Readonly<Record<string, string>> = {
  relu: 'Relu',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

/** The activations that tfjs fuses into a matmul or a convolution. */
export function activate(
  graph: GraphBuilder,
  x: Value,
  inputs: Readonly<Record<string, Value>>,
  attrs: Attrs,
): Value {
  const name = attrs.get<string | undefined>('activation') ?? 'linear';
  if (name === 'linear') return x;
  if (name === 'relu6') return graph.node('Clip', [x, graph.scalar(0), graph.scalar(6)], x.shape, x.dtype);
  if (name === 'prelu') {
    return graph.node('PRelu', [x, input(inputs, 'preluActivationWeights')], x.shape, x.dtype);
  }
  if (name === 'leakyrelu') {
    const attributes = { alpha: { float: attrs.get<number>('leakyreluAlpha') } };
    return graph.node('LeakyRelu', [x], x.shape, x.dtype, { attributes });
  }
  const op = ACTIVATION[name];
  if (!op) throw new Error(`Unknown fused activation "${name}".`);
  return graph.node(op, [x], x.shape, x.dtype);
}

/** Adds the bias of a fused kernel, if it has one. */
export function addBias(graph: GraphBuilder, x: Value, inputs: Readonly<Record<string, Value>>): Value {
  const { bias } = inputs;
  return bias ? graph.node('Add', [x, bias], broadcastShape(x, bias), x.dtype) : x;
}

export const matmul: Record<string, Mapping> = {
  BatchMatMul: (inputs, attrs, graph) => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    if (a.dtype !== 'bool') return multiply(graph, a, b, attrs);
    const counts = multiply(graph, cast(graph, a, 'int32'), cast(graph, b, 'int32'), attrs);
    return cast(graph, counts, 'bool');
  },
  _FusedMatMul: (inputs, attrs, graph) => {
    const product = multiply(graph, input(inputs, 'a'), input(inputs, 'b'), attrs);
    return activate(graph, addBias(graph, product, inputs), inputs, attrs);
  },
};
