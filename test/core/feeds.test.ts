import * as tf from '@tensorflow/tfjs';
import { FeedOptions, Feeds, feedsOf } from '../../lib/core/feeds';
import { bert } from '../../lib/models/bert';
import { maskedLanguageModel } from '../../lib/models/masked-language-model';
import { attention } from '../../lib/models/layers/attention';
import { layerNorm } from '../../lib/models/layers/layer-norm';

beforeAll(() => tf.setBackend('cpu'));
afterAll(() => tf.disposeVariables());

type Symbolic = tf.SymbolicTensor;
const dense = (name: string) => tf.layers.dense({ name, units: 4 });
const input = (name: string) => tf.input({ shape: [4], name });
const apply = (layer: tf.layers.Layer, ...xs: Symbolic[]) =>
  layer.apply(xs.length === 1 ? xs[0]! : xs) as Symbolic;

const find = (feeds: Feeds, name: string) => feeds.layers.find((layer) => layer.name === name)!;
const producers = (feeds: Feeds, name: string, options?: FeedOptions) =>
  feeds.producersOf(find(feeds, name), options).map(({ producer }) => producer.name);
const consumers = (feeds: Feeds, name: string, options?: FeedOptions) =>
  feeds.consumersOf(find(feeds, name), options).map(({ consumer }) => consumer.name);

describe('feedsOf a BERT', () => {
  const model = bert({ vocabSize: 20, layers: 2, hiddenSize: 8, heads: 2, maxPositions: 6 });
  const feeds = feedsOf(model);
  const denseOnly = (feed: { readonly consumer: tf.layers.Layer }) =>
    feed.consumer.getClassName() === 'Dense';

  test('which dense layers read a layer norm', () => {
    const readers = feeds.consumersOf(find(feeds, 'encoder/0/ffn/norm')).filter(denseOnly);
    expect(readers.map(({ consumer }) => consumer.name)).toEqual([
      'encoder/1/attention/query',
      'encoder/1/attention/key',
      'encoder/1/attention/value',
    ]);
  });

  test('which layer norm a dense layer reads, through dropout and the first token', () => {
    expect(producers(feeds, 'encoder/0/attention/query')).toEqual(['embeddings/norm']);
    expect(producers(feeds, 'encoder/0/ffn/up')).toEqual(['encoder/0/attention/norm']);
    expect(producers(feeds, 'pooler')).toEqual(['encoder/1/ffn/norm']);
    expect(producers(feeds, 'encoder/0/ffn/down')).toEqual(['encoder/0/ffn/gelu']);
  });

  test('what meets in a residual sum', () => {
    expect(producers(feeds, 'encoder/1/attention/add')).toEqual([
      'encoder/0/ffn/norm',
      'encoder/1/attention/output',
    ]);
    const [, added] = feeds.producersOf(find(feeds, 'encoder/1/attention/add'));
    expect(added!.input).toBe(1);
    expect(added!.through.map(({ name }) => name)).toEqual(['encoder/1/attention/dropout']);
  });

  test('value, attention, output; up, gelu, down', () => {
    const [toCore] = feeds.consumersOf(find(feeds, 'encoder/0/attention/value'));
    expect([toCore!.consumer.name, toCore!.input]).toEqual(['encoder/0/attention/core', 2]);
    expect(consumers(feeds, 'encoder/0/attention/core')).toEqual(['encoder/0/attention/output']);
    const through = ['values', 'activation'] as const;
    const [down] = feeds.consumersOf(find(feeds, 'encoder/0/ffn/up'), { through });
    expect(down!.consumer.name).toBe('encoder/0/ffn/down');
    expect(down!.through.map(({ name }) => name)).toEqual(['encoder/0/ffn/gelu']);
  });

  test('through sums and norms, each tensor once', () => {
    const through = ['values', 'sum', 'norm'] as const;
    expect(producers(feeds, 'pooler', { through })).toEqual([
      'embeddings/token',
      'encoder/0/attention/output',
      'encoder/0/ffn/down',
      'encoder/1/attention/output',
      'encoder/1/ffn/down',
    ]);
  });

  test('what the model returns', () => {
    expect(feeds.reachesOutput(find(feeds, 'classifier'))).toBe(true);
    expect(feeds.reachesOutput(find(feeds, 'pooler'))).toBe(false);
  });

  test('another model on the same layers has its own feeds', () => {
    const words = feedsOf(maskedLanguageModel(model));
    expect(consumers(words, 'encoder/1/ffn/norm')).toEqual(['words/dense']);
    expect(consumers(feeds, 'encoder/1/ffn/norm')).toEqual(['pooler']);
    expect(words.layers.some(({ name }) => name === 'pooler')).toBe(false);
  });

  test('makes no tensors and leaves the model as it was', () => {
    const [tensors, json, nodes] = [tf.memory().numTensors, model.toJSON(), countNodes(model)];
    feedsOf(model).producersOf(find(feeds, 'pooler'), { through: ['values', 'sum', 'norm', 'activation'] });
    expect([tf.memory().numTensors, model.toJSON(), countNodes(model)]).toEqual([tensors, json, nodes]);
  });
});

const countNodes = (model: tf.LayersModel) => model.layers.map(({ inboundNodes }) => inboundNodes.length);

describe('feedsOf', () => {
  test('walks into nested models, each application by itself', () => {
    const x = input('x');
    const nested = tf.model({
      inputs: x,
      outputs: apply(dense('two'), apply(dense('one'), x)),
      name: 'nest',
    });
    const [a, b] = [input('a'), input('b')];
    const last = apply(dense('last'), apply(nested, apply(dense('first'), a)));
    const model = tf.model({ inputs: [a, b], outputs: [last, apply(nested, b)] });
    const feeds = feedsOf(model);
    expect(feeds.layers.map(({ name }) => name)).toEqual(['a', 'first', 'one', 'two', 'last', 'b']);
    expect(producers(feeds, 'one')).toEqual(['first', 'b']);
    expect(consumers(feeds, 'two')).toEqual(['last']);
    expect(feeds.reachesOutput(find(feeds, 'two'))).toBe(true);
    expect(feeds.tensorsInto(find(feeds, 'one'))).toHaveLength(2);
  });

  test('knows a tensor again inside a nested model, and in a sequential one', () => {
    const x = input('x');
    const nested = tf.model({ inputs: x, outputs: apply(dense('inside'), x), name: 'nest' });
    const chain = tf.sequential({
      name: 'chain',
      layers: [tf.layers.dense({ units: 4, inputShape: [4], name: 'link' })],
    });
    const a = input('a');
    const outputs = apply(tf.layers.add(), apply(nested, a), apply(chain, a), apply(dense('outside'), a));
    const feeds = feedsOf(tf.model({ inputs: a, outputs }));
    const [inside, link, outside] = ['inside', 'link', 'outside'].map(
      (name) => feeds.tensorsInto(find(feeds, name))[0],
    );
    expect(inside).toBe(outside);
    expect(link).toBe(outside);
    expect(consumers(feeds, 'a')).toEqual(['inside', 'link', 'outside']);
  });

  test('passes through the first input only, but through all of a sum', () => {
    const [a, b] = [input('a'), input('b')];
    const sum = apply(tf.layers.add({ name: 'sum' }), apply(dense('p'), a), apply(dense('q'), b));
    const product = apply(
      tf.layers.multiply({ name: 'product' }),
      sum,
      apply(layerNorm({ name: 'norm' }), a),
    );
    const feeds = feedsOf(tf.model({ inputs: [a, b], outputs: apply(dense('last'), product) }));
    expect(producers(feeds, 'product', { through: ['sum'] })).toEqual(['p', 'q', 'norm']);
    expect(consumers(feeds, 'p', { through: ['sum'] })).toEqual(['product']);
    expect(consumers(feeds, 'p')).toEqual(['sum']);
    expect(producers(feeds, 'product', { through: ['norm'] })).toEqual(['sum', 'a']);
  });

  test('tells the inputs of a layer apart', () => {
    const x = tf.input({ shape: [3, 4], name: 'x' });
    const bias = tf.input({ shape: [1, 1, 3], name: 'bias' });
    const project = dense('project');
    const core = attention({ name: 'core', heads: 2, headSize: 2 });
    const y = apply(core, apply(project, x), x, apply(project, x), bias);
    const feeds = feedsOf(tf.model({ inputs: [x, bias], outputs: y }));
    expect(feeds.producersOf(core).map(({ producer, input: place }) => [producer.name, place])).toEqual([
      ['project', 0],
      ['x', 1],
      ['project', 2],
      ['bias', 3],
    ]);
  });

  test('stays linear through many residual sums', () => {
    const x = input('x');
    const add = () => tf.layers.add();
    const outputs = Array.from({ length: 60 }).reduce<Symbolic>((y) => apply(add(), y, y), x);
    const feeds = feedsOf(tf.model({ inputs: x, outputs: apply(dense('last'), outputs) }));
    expect(producers(feeds, 'last', { through: ['sum'] })).toEqual(['x']);
    expect(consumers(feeds, 'x', { through: ['sum'] })).toEqual(['last']);
  });

  test('refuses a model without layers', () => {
    expect(() => feedsOf(tf.sequential({ name: 'm' }))).toThrow('Expected a model with layers, got "m"');
  });

  test('refuses a layer of another model, and one inside a wrapper', () => {
    const inner = dense('inner');
    const layer = tf.layers.timeDistributed({ layer: inner, name: 'each', inputShape: [3, 4] });
    const model = tf.sequential({ name: 'm', layers: [layer] });
    const feeds = feedsOf(model);
    expect(feeds.producersOf(layer)).toHaveLength(1);
    for (const stranger of [inner, dense('stranger')]) {
      expect(() => feeds.consumersOf(stranger)).toThrow(
        `Expected a layer of the graph of "m", got "${stranger.name}"; if it lies inside another layer, ask for that one.`,
      );
    }
  });
});
