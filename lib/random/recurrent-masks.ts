import * as tf from '@tensorflow/tfjs';
import { layersOf } from '../core/layers';
import { wrapCall } from '../core/wrap-call';
import { dropoutMask } from './dropout-mask';
import type { Next } from './stream';

/** Where a cell of tfjs keeps the masks of a sequence, and what makes them, if not tfjs's dropout. */
interface Cell extends tf.layers.Layer {
  dropoutMask: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask: tf.Tensor | tf.Tensor[] | null;
  dropoutFunc?: (ones: tf.Tensor, rate: number) => tf.Tensor;
}

const CELLS = new Set(['SimpleRNNCell', 'GRUCell', 'LSTMCell', 'ConvLSTM2DCell']);

/** Those that apply a cell to a sequence. */
const SEQUENCES = new Set(['RNN', 'SimpleRNN', 'GRU', 'LSTM', 'ConvRNN2D', 'ConvLSTM2D']);

/** Whether a layer is one of tfjs's cells that have dropout. */
export function isCell(layer: tf.layers.Layer): layer is Cell {
  return CELLS.has(layer.getClassName());
}

/** Makes a cell draw its masks from streams, unless it was given a function that makes them, and returns how to undo it. */
export function drawMasks(cell: Cell, next: Next): () => void {
  const given = cell.dropoutFunc;
  cell.dropoutFunc = given ?? ((ones, rate) => dropoutMask(next(), ones.shape, rate));
  return () => {
    cell.dropoutFunc = given;
  };
}

/**
 * Lets cells forget their masks before and after a pass, and after each sequence in it. Of tfjs's layers, `lstm` and the like do so before
 * a sequence, and keep the last masks for good; `rnn` never does: its cells would have the masks of the first batch in all others,
 * in inference too.
 *
 * @returns how to undo it.
 */
export function oneSequencePerMask(layers: readonly tf.layers.Layer[]): (() => void)[] {
  const cells = layers.filter(isCell);
  cells.forEach(forget);
  const sequences = layers.filter((layer) => SEQUENCES.has(layer.getClassName()));
  return [() => cells.forEach(forget), ...sequences.map(forgetAfterCall)];
}

function forgetAfterCall(sequence: tf.layers.Layer): () => void {
  const cells = layersOf(sequence).filter(isCell);
  return wrapCall(sequence, (call) => (inputs, kwargs) => {
    try {
      return call(inputs, kwargs);
    } finally {
      cells.forEach(forget);
    }
  });
}

function forget(cell: Cell): void {
  const { dropoutMask: mask, recurrentDropoutMask: recurrentMask } = cell;
  tf.dispose([mask, recurrentMask].flatMap((masks) => masks ?? []));
  cell.dropoutMask = null;
  cell.recurrentDropoutMask = null;
}
