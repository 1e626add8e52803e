import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { parametersOf, type Parameter, type Parameters } from '../../trainers/parameters';
import { denseModel, embeddingModel } from './small-models';

beforeAll(() => tf.setBackend('cpu'));

describe('a gradient', () => {
  let model: tf.Sequential;
  let parameters: Parameters;
  beforeEach(() => {
    model = denseModel();
    parameters = parametersOf(model);
  });
  afterEach(() => {
    parameters.dispose();
    model.dispose();
  });

  it('is set, added and cleared whole', () => {
    const kernel = parameters.get('dense/kernel');
    kernel.setGradient(Float32Array.of(1, 2, 3, 4));
    kernel.addGradient(Float32Array.of(1, 1, 1, 1));
    expect([...kernel.gradient]).toEqual([2, 3, 4, 5]);
    expect(kernel.squaredNorm()).toBe(54);
    kernel.clearGradient();
    expect([...kernel.gradient]).toEqual([0, 0, 0, 0]);
    kernel.setGradient(Float32Array.of(1, 2, 3, 4));
    kernel.setGradient();
    expect([...kernel.gradient]).toEqual([0, 0, 0, 0]);
  });

  it('has one norm with the others, without what is pruned', () => {
    parameters.get('dense/kernel').setGradient(Float32Array.of(1, NaN, 1, 1));
    parameters.get('dense/bias').setGradient(Float32Array.of(2, 3));
    parameters.setMask('dense/kernel', Uint8Array.of(1, 0, 1, 1));
    expect(parameters.gradientNorm()).toBe(4);
  });
});

describe('the gradient of rows', () => {
  let table: Parameter;
  let tables: Parameters;
  let embedding: tf.Sequential;
  beforeEach(() => {
    embedding = embeddingModel();
    tables = parametersOf(embedding);
    table = tables.get('table/embeddings');
  });
  afterEach(() => {
    tables.dispose();
    embedding.dispose();
  });
  const ids = Int32Array.of(3, 1, 3);
  const rows = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('is added in order, repeated ids too', () => {
    table.clearGradient();
    table.addRows(ids, rows);
    expect([...table.gradient]).toEqual([0, 0, 3, 4, 0, 0, 6, 8, 0, 0]);
    table.addRows(Int32Array.of(0), Float32Array.of(1, 1));
    expect(tables.gradientNorm()).toBe(Math.sqrt(9 + 16 + 36 + 64 + 2));
    table.clearGradient();
    expect([...table.gradient]).toEqual(Array(10).fill(0));
    expect(tables.gradientNorm()).toBe(0);
  });

  it('is cleared where rows were added, and only there', () => {
    table.clearGradient();
    table.addRows(ids, rows);
    table.gradient[8] = 7; // a row that nobody touched
    table.clearGradient();
    expect([...table.gradient]).toEqual([...Array(8).fill(0), 7, 0]);
  });

  it.each([
    ['it was never cleared', () => undefined],
    ['set whole', () => table.setGradient(new Float32Array(10).fill(2))],
    ['added to whole', () => table.addGradient(new Float32Array(10).fill(2))],
    ['filled by a program', () => table.gradient.fill(2)],
  ])('counts and clears whole when %s', (_, write) => {
    write();
    const before = [...table.gradient];
    table.addRows(Int32Array.of(4), Float32Array.of(1, 1));
    const expected = before.map((value, i) => value + (i >= 8 ? 1 : 0));
    expect([...table.gradient]).toEqual(expected);
    expect(table.squaredNorm()).toBe(expected.reduce((sum, value) => sum + value * value, 0));
    table.clearGradient();
    expect([...table.gradient]).toEqual(Array(10).fill(0));
  });

  it('counts and clears whole when rows were followed by a whole gradient', () => {
    table.clearGradient();
    table.addRows(ids, rows);
    table.setGradient(new Float32Array(10).fill(1));
    expect(table.squaredNorm()).toBe(10);
    table.clearGradient();
    expect([...table.gradient]).toEqual(Array(10).fill(0));
  });

  it('leaves pruned rows out of the norm', () => {
    tables.setMask('table/embeddings', Uint8Array.of(1, 1, 1, 0, 1, 1, 0, 0, 1, 1));
    table.clearGradient();
    table.addRows(ids, rows);
    expect(table.squaredNorm()).toBe(9);
  });

  it('refuses ids beyond the table', () => {
    expect(() => table.addRows(Int32Array.of(5), Float32Array.of(1, 1))).toThrow(UserError);
  });
});
