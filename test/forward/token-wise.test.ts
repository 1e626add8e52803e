import * as tf from '@tensorflow/tfjs';
import { attach } from '../../lib/core/attach';
import { forward, forwardThrough } from '../../lib/forward/forward';
import { firstTokenCuts } from '../../lib/forward/token-wise';
import { weightsOf } from '../../lib/core/weights';
import { bert } from '../../lib/models/bert';
import { maskedLanguageModel } from '../../lib/models/masked-language-model';
import { firstToken } from '../../lib/models/layers/first-token';

const SIZES = { vocabSize: 20, layers: 2, hiddenSize: 8, heads: 2, maxPositions: 6 };
const model = () => bert({ ...SIZES, dropout: 0, attentionDropout: 0, initializerRange: 0.5 });
const inputs = () => [
  tf.tensor2d([3, 1, 4, 1, 5, 9, 2, 6], [2, 4], 'int32'),
  tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 0], [2, 4], 'int32'),
  tf.zeros([2, 4], 'int32'),
];

/** The layers that are cut and the places of their inputs. */
const cutsOf = (outputs: readonly tf.SymbolicTensor[]): Record<string, readonly number[]> =>
  Object.fromEntries([...firstTokenCuts(outputs, 'inference')].map(([{ name }, places]) => [name, places]));

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => tf.engine().startScope());
afterEach(() => {
  tf.engine().endScope();
  tf.disposeVariables();
});

describe('firstTokenCuts', () => {
  test('finds that a classifier needs one token of the last layer, but for its keys and values', () => {
    expect(cutsOf(model().outputs)).toEqual({
      'encoder/1/attention/query': [0],
      'encoder/1/attention/add': [0],
    });
  });

  test('leaves a layer whole whose input something is attached to, and cuts what comes next', () => {
    const bertModel = model();
    const identity = {
      revision: '',
      apply: (x: tf.Tensor) => x,
      state: () => ({}),
      dispose: () => undefined,
    };
    attach(bertModel.getLayer('encoder/1/attention/query'), 'input', identity);
    attach(bertModel.getLayer('encoder/1/ffn/up'), 'input', identity); // so all before it is whole, too
    expect(cutsOf(bertModel.outputs)).toEqual({
      'encoder/1/ffn/gelu': [0],
      'encoder/1/ffn/add': [0],
    });
  });

  test('finds nothing where all tokens are read', () => {
    const bertModel = model();
    expect(cutsOf(maskedLanguageModel(bertModel).outputs)).toEqual({});
    expect(cutsOf([bertModel.getLayer('encoder/1/ffn/norm').output as tf.SymbolicTensor])).toEqual({});
  });

  test('goes up through stock layers, and stops at one that mixes tokens or stands in two places', () => {
    const x = tf.input({ shape: [4, 3] });
    const apply = (layer: tf.layers.Layer, ...xs: tf.SymbolicTensor[]) =>
      layer.apply(xs.length > 1 ? xs : xs[0]!) as tf.SymbolicTensor;
    const dense = (name: string) => tf.layers.dense({ units: 3, name });
    const twice = dense('twice');
    const mixed = apply(tf.layers.conv1d({ filters: 3, kernelSize: 2, padding: 'same' }), x);
    const one = apply(dense('one'), apply(twice, mixed));
    const two = apply(tf.layers.activation({ activation: 'relu', name: 'two' }), apply(twice, x));
    const sum = apply(tf.layers.add({ name: 'sum' }), one, two);
    expect(cutsOf([apply(firstToken(), sum)])).toEqual({ one: [0], two: [0] });
  });
});

describe('a forward pass with cuts', () => {
  const whole = (bertModel: tf.LayersModel) => bertModel.apply(inputs()) as tf.Tensor;

  test('has the output of one without', () => {
    const bertModel = model();
    const expected = whole(bertModel).arraySync();
    expect(forward(bertModel, inputs(), false).arraySync()).toEqual(expected);
  });

  test('and its gradients', () => {
    const bertModel = model();
    const gradients = (run: () => tf.Tensor) => tf.variableGrads(() => run().square().sum()).grads;
    const [cut, full] = [
      gradients(() => forward(bertModel, inputs(), false)),
      gradients(() => whole(bertModel)),
    ];
    for (const { variable, path } of weightsOf(bertModel)) {
      const [actual, expected] = [cut, full].map((grads) => Array.from(grads[variable.name]!.dataSync()));
      const largest = Math.max(...expected!.map(Math.abs), 1e-6);
      const error = Math.max(...expected!.map((value, i) => Math.abs(value - actual![i]!)));
      expect({ path, close: error <= 1e-5 * largest }).toEqual({ path, close: true });
    }
  });

  test('computes one token of the last layer, and leaves its layers as they were', () => {
    const bertModel = model();
    const up = bertModel.getLayer('encoder/1/ffn/up');
    const call = jest.spyOn(up, 'call');
    forward(bertModel, inputs(), true);
    expect([call.mock.calls[0]![0]].flat()[0]!.shape).toEqual([2, 1, 8]);
    call.mockClear();
    whole(bertModel);
    expect([call.mock.calls[0]![0]].flat()[0]!.shape).toEqual([2, 4, 8]);
    call.mockRestore();
  });

  test('gives the hidden states whole that are asked for', () => {
    const layers = ['encoder/1/ffn/norm'];
    const [, hidden] = forwardThrough(model(), inputs(), { pass: 'inference', layers });
    expect(hidden!.shape).toEqual([2, 4, 8]);
  });

  test('leaves no tensors', () => {
    const [bertModel, xs] = [model(), inputs()];
    const before = tf.memory().numTensors;
    forward(bertModel, xs, true).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
