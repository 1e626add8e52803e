import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { meanSquaredError, sigmoidCrossEntropy, softmaxCrossEntropy } from '../../trainers/losses';
import { expectSameAsEager } from '../compile/close';
import { expectNoLeak } from '../leaks';

const value = (scalar: tf.Scalar): number => scalar.dataSync()[0] as number;

describe('softmaxCrossEntropy', () => {
  it('is ln(classes) where all logits are equal', () => {
    const labels = tf.tensor1d([1, 0, 2], 'int32');
    expect(value(softmaxCrossEntropy(tf.zeros([3, 3]), labels))).toBeCloseTo(Math.log(3), 6);
  });

  it('averages over the batch', () => {
    const logits = tf.tensor2d([
      [Math.log(3), 0], // p = 3/4, 1/4
      [0, 0],
    ]);
    const loss = softmaxCrossEntropy(logits, tf.tensor1d([1, 0], 'int32'));
    expect(value(loss)).toBeCloseTo((Math.log(4) + Math.log(2)) / 2, 6);
  });

  it('stays finite for logits that would overflow exp', () => {
    const logits = tf.tensor2d([[1000, -1000]]);
    expect(value(softmaxCrossEntropy(logits, tf.tensor1d([0], 'int32')))).toBeCloseTo(0);
    expect(value(softmaxCrossEntropy(logits, tf.tensor1d([1], 'int32')))).toBe(2000);
  });

  it('has the gradient (softmax - onehot) / batch', () => {
    const labels = tf.tensor1d([0, 1], 'int32');
    const gradient = tf.grad((logits) => softmaxCrossEntropy(logits, labels))(tf.zeros([2, 2]));
    expect([...gradient.dataSync()]).toEqual([-0.25, 0.25, 0.25, -0.25]);
  });

  it('takes labels of shape [batch, 1] and refuses a wrong number of them', () => {
    expect(
      value(softmaxCrossEntropy(tf.zeros([2, 2]), tf.tensor2d([[0], [1]], [2, 1], 'int32'))),
    ).toBeCloseTo(Math.LN2, 6);
    const wrong = () => softmaxCrossEntropy(tf.zeros([2, 2]), tf.tensor1d([0, 1, 1, 0], 'int32'));
    expect(wrong).toThrow(UserError);
    expect(wrong).toThrow('shape [2], and received labels of shape [4]');
  });
});

describe('sigmoidCrossEntropy', () => {
  it('is the mean over every label: ln 2 where nothing is known, 0 where all is', () => {
    const labels = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    expect(value(sigmoidCrossEntropy(tf.zeros([2, 2]), labels))).toBeCloseTo(Math.LN2, 6);
    const logits = tf.tensor2d([
      [Math.log(3), 0],
      [0, Math.log(3)],
    ]); // p = 3/4, 1/2
    expect(value(sigmoidCrossEntropy(logits, labels))).toBeCloseTo((Math.log(4 / 3) + Math.LN2) / 2, 6);
  });

  it('stays finite and exact for logits that would overflow exp, or vanish beside 1', () => {
    const loss = (logit: number, label: number) =>
      value(sigmoidCrossEntropy(tf.tensor2d([[logit]]), tf.tensor2d([[label]])));
    expect([loss(1000, 1), loss(1000, 0), loss(-1000, 1), loss(-1000, 0)]).toEqual([0, 1000, 1000, 0]);
    expect(loss(20, 1) / Math.log1p(Math.exp(-20))).toBeCloseTo(1, 4);
  });

  it('has the gradient (sigmoid - label) / numbers, at 0 too', () => {
    const labels = tf.tensor2d([[1, 0, 1, 0.5]]);
    const logits = tf.tensor2d([[0, 0, 1000, -1000]]);
    const gradient = tf.grad((x) => sigmoidCrossEntropy(x, labels))(logits);
    expect([...gradient.dataSync()]).toEqual([-0.125, 0.125, 0, -0.125]);
  });

  it('takes labels of any dtype, and refuses shapes that would broadcast', () => {
    const right = tf.tensor2d([[true, false]], [1, 2], 'bool');
    expect(value(sigmoidCrossEntropy(tf.zeros([1, 2]), right))).toBeCloseTo(Math.LN2, 6);
    expect(value(sigmoidCrossEntropy(tf.zeros([1, 2]), right.toInt()))).toBeCloseTo(Math.LN2, 6);
    expect(() => sigmoidCrossEntropy(tf.zeros([2, 3]), tf.zeros([3]))).toThrow(
      'shape [2, 3], and received labels of shape [3]',
    );
  });

  it('is the same compiled', async () => {
    const labels = tf.tensor2d([[1, 0, 1, 0.5, 0]]);
    await expectSameAsEager(
      (x) => [sigmoidCrossEntropy(x, labels), tf.grad((z) => sigmoidCrossEntropy(z, labels))(x)],
      [tf.tensor2d([[0, 3, -2, 40, -200]])],
    );
  });
});

describe('meanSquaredError', () => {
  it('is the mean of squared differences, [batch] labels against [batch, 1] predictions', () => {
    const loss = meanSquaredError(tf.tensor2d([[1], [2], [3]]), tf.tensor1d([1, 4, 3]));
    expect(value(loss)).toBeCloseTo(4 / 3, 6);
  });

  it('is the mean over several numbers an example', () => {
    const loss = meanSquaredError(
      tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      tf.tensor2d([
        [1, 4],
        [3, 6],
      ]),
    );
    expect(value(loss)).toBe(2);
  });

  it('refuses shapes that would broadcast or mix up axes', () => {
    expect(() => meanSquaredError(tf.zeros([2, 3]), tf.zeros([3, 2]))).toThrow(UserError);
    expect(() => meanSquaredError(tf.zeros([2, 3]), tf.zeros([3]))).toThrow('shape [2, 3]');
  });
});

it('losses leave nothing behind but their result', async () => {
  await expectNoLeak(() => {
    const labels = tf.tensor1d([0, 1], 'int32');
    const logits = tf.zeros([2, 2]);
    tf.dispose([softmaxCrossEntropy(logits, labels), sigmoidCrossEntropy(logits, logits)]);
    tf.dispose([meanSquaredError(labels, labels), labels, logits]);
  });
});
