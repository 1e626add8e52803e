import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { attach, Transform } from '../../lib/core/attach';
import { layersOf } from '../../lib/core/layers';
import { revisionOf } from '../../lib/core/revision';
import { modelOf, nestings } from './nestings';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const identity = (revision = 'on'): Transform & { revision: string } => ({
  revision,
  apply: (value) => value.clone(),
  state: () => ({}),
  dispose: () => undefined,
});

function makeModel(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [2], name: 'first' }),
      tf.layers.dropout({ rate: 0.1, name: 'drop' }),
      tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3], name: 'nested' })] }),
    ],
  });
}

describe('revisionOf', () => {
  test('stays the same when weights change value, and when the model runs', () => {
    const model = makeModel();
    const before = revisionOf(model);
    model.setWeights(model.getWeights().map((weight) => tf.onesLike(weight)));
    (model.predict(tf.ones([1, 2])) as tf.Tensor).dispose();
    expect(revisionOf(model)).toBe(before);
  });

  const nested = (model: tf.Sequential) => (model.layers[2] as tf.Sequential).layers[0]!;
  const toggles: Record<string, (model: tf.Sequential) => () => void> = {
    'attach and detach': (model) => attach(model.layers[0]!, 'input', identity()).detach,
    'attach in a nested model': (model) => attach(nested(model), 'kernel', identity()).detach,
    'freeze a layer': (model) => {
      model.layers[0]!.trainable = false;
      return () => (model.layers[0]!.trainable = true);
    },
    'freeze one weight of a nested layer': (model) => {
      const [weight] = nested(model).weights;
      weight!.trainable = false;
      return () => (weight!.trainable = true);
    },
    'freeze the model': (model) => {
      model.trainable = false;
      return () => (model.trainable = true);
    },
    'dropout rate': (model) => {
      const drop = model.layers[1] as tf.layers.Layer & { rate: number };
      drop.rate = 0.2;
      return () => (drop.rate = 0.1);
    },
  };

  test.each(Object.entries(toggles))('%s changes it, undoing gives it back', (_, toggle) => {
    const model = makeModel();
    const before = revisionOf(model);
    const undo = toggle(model);
    expect(revisionOf(model)).not.toBe(before);
    undo();
    expect(revisionOf(model)).toBe(before);
  });

  test('any trainable flag, of a layer, a model or a weight, at any depth', () => {
    fc.assert(
      fc.property(nestings, fc.nat(), (nesting, index) => {
        const model = modelOf(nesting);
        const flags = layersOf(model).flatMap((layer) => [layer, ...layer.weights]);
        const flag = flags[index % flags.length]!;
        const before = revisionOf(model);
        flag.trainable = !flag.trainable;
        expect(revisionOf(model)).not.toBe(before);
        model.dispose();
      }),
    );
  });

  test('the flag of a variable, and a rate inside a holder', () => {
    const cell = tf.layers.lstmCell({ units: 2, dropout: 0.1 }) as tf.layers.Layer & { dropout: number };
    const model = tf.sequential({ layers: [tf.layers.rnn({ cell: [cell] as never, inputShape: [3, 2] })] });
    const revisions = [revisionOf(model)];
    cell.dropout = 0.2;
    revisions.push(revisionOf(model));
    (cell.weights[0]!.read() as tf.Variable).trainable = false;
    revisions.push(revisionOf(model));
    expect(new Set(revisions).size).toBe(3);
  });

  test("a transform's own revision, and its target", () => {
    const model = makeModel();
    const transform = identity('observing');
    const attachment = attach(model.layers[0]!, 'input', transform);
    const observing = revisionOf(model);
    transform.revision = 'frozen';
    const frozen = revisionOf(model);
    attachment.detach();
    attach(model.layers[0]!, 'output', transform);
    expect(new Set([observing, frozen, revisionOf(model)]).size).toBe(3);
  });

  test('another transform that says the same of itself', () => {
    const model = makeModel();
    const attachment = attach(model.layers[0]!, 'input', identity());
    const before = revisionOf(model);
    attachment.detach();
    attach(model.layers[0]!, 'input', identity());
    expect(revisionOf(model)).not.toBe(before);
  });

  test('a weight replaced by one of another shape', () => {
    const model = makeModel();
    const before = revisionOf(model);
    const [kernel] = model.layers[0]!.weights;
    (kernel as unknown as { val: tf.Variable }).val = tf.variable(tf.zeros([2, 4]));
    expect(revisionOf(model)).not.toBe(before);
  });
});
