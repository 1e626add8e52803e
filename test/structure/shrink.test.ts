import * as tf from '@tensorflow/tfjs';
import { assign } from '../../lib/core/assign';
import { attach } from '../../lib/core/attach';
import { hostOf } from '../../lib/core/host-tensor';
import { seededRandom } from '../../lib/core/random';
import { weightsOf } from '../../lib/core/weights';
import { forward } from '../../lib/forward/forward';
import { bert } from '../../lib/models/bert';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { clearMasks, masksOf, maskOf } from '../../lib/pruning/model-masks';
import type { Cut } from '../../lib/structure/cut';
import { deadUnits } from '../../lib/structure/dead-units';
import { maskUnits } from '../../lib/structure/mask-units';
import { shrink } from '../../lib/structure/shrink';
import { expectNoLeak } from '../leaks';
import { expectClose } from '../models/compare';
import { familyNames, tiny } from '../models/family-cases';
import { batch, shake } from '../models/reference';
import { scopeEachTest } from '../scope';

scopeEachTest();

const padOf = (family: string) => (family === 'roberta' ? 1 : 0);
const all = (count: number) => Array.from({ length: count }, (_, i) => i);

const cuts: [string, Omit<Cut, 'layers'>][] = [
  ['a head and some neurons', { heads: [[1], []], neurons: [[0, 5, 11], [3]] }],
  ['unequal numbers', { heads: [[], [0]], neurons: [all(11), []] }],
  ['all heads of a layer', { heads: [[0, 1], []] }],
  ['all heads of the last layer', { heads: [[], [0, 1]], neurons: [[], [2]] }],
  ['all neurons of a layer', { neurons: [all(12), []] }],
  ['everything', { heads: [all(2), all(2)], neurons: [all(12), all(12)] }],
  ['nothing', {}],
];

describe.each(familyNames)('a %s without', (family) => {
  it.each(cuts)('%s computes what the masked one does, in inference and in training', (_, cut) => {
    const model = bert({ ...tiny(family), dropout: 0, attentionDropout: 0 });
    shake(model);
    const xs = batch(padOf(family));
    const smaller = shrink(model, cut);
    maskUnits(model, cut);
    clearMasks(model); // the weights are 0 all the same
    expectClose(forward(smaller, xs, false), forward(model, xs, false), 1e-5);
    expectClose(forward(smaller, xs, true), forward(model, xs, true), 1e-5);
    const again = shrink(model);
    expect(bertConfigOf(again)).toEqual(bertConfigOf(smaller));
    expectClose(forward(again, xs, false), forward(model, xs, false), 1e-5);
  });

  it('a layer is a model that was built without it', () => {
    const model = bert({ ...tiny(family), layers: 3 });
    shake(model);
    const values = new Map(weightsOf(model).map(({ path, variable }) => [path, variable.dataSync()]));
    const built = bert(tiny(family));
    for (const { path, variable } of weightsOf(built)) {
      assign(variable, values.get(path.replace('encoder/1/', 'encoder/2/'))!.slice());
    }
    const xs = batch(padOf(family));
    const smaller = shrink(model, { layers: [1] });
    expect([...forward(smaller, xs, false).dataSync()]).toEqual([...forward(built, xs, false).dataSync()]);
    expect(bertConfigOf(smaller)).toEqual(bertConfigOf(built));
  });

  it('heads comes back from JSON', async () => {
    const smaller = shrink(bert(tiny(family)), { heads: [[0, 1], [1]], neurons: [[2], all(12)] });
    const copy = await tf.models.modelFromJSON(
      JSON.parse(JSON.stringify(smaller.toJSON(null, false))) as never,
    );
    copy.setWeights(smaller.getWeights());
    const xs = batch(padOf(family));
    expect([...forward(copy, xs, false).dataSync()]).toEqual([...forward(smaller, xs, false).dataSync()]);
    expect(bertConfigOf(copy)).toEqual({
      ...bertConfigOf(bert(tiny(family))),
      heads: [0, 1],
      intermediateSize: [11, 0],
    });
  });
});

describe('shrink', () => {
  const model = () => bert(tiny('bert'));

  it('leaves the model as it is, and cuts masks', () => {
    const given = model();
    maskUnits(given, { heads: [[1], []], neurons: [[], [0]] });
    const before = weightsOf(given).map(({ variable }) => [...variable.dataSync()]);
    const smaller = shrink(given, { heads: [[0], []], neurons: [[], [1]] });
    expect(weightsOf(given).map(({ variable }) => [...variable.dataSync()])).toEqual(before);
    const maskAt = (path: string) => [
      ...maskOf(weightsOf(smaller).find((each) => each.path === path)!.variable)!,
    ];
    expect(maskAt('encoder/0/attention/value/bias')).toEqual([0, 0, 0, 0]);
    expect(maskAt('encoder/1/ffn/up/bias')).toEqual([0, ...Array.from({ length: 10 }, () => 1)]);
    expect([...masksOf(smaller).keys()]).toEqual([...masksOf(given).keys()]);
    expect(deadUnits(smaller)).toEqual({ heads: [[0], []], neurons: [[], [0]] });
  });

  it('leaves no mask that prunes nothing', () => {
    const given = model();
    maskUnits(given, { heads: [[1], []], neurons: [[], [0]] });
    expect([...masksOf(shrink(given)).keys()]).toEqual([]);
    expect(
      [...masksOf(shrink(given, { heads: [[1], []] })).keys()].every((path) => /1\/ffn/.test(path)),
    ).toBe(true);
  });

  it('keeps what is frozen frozen, under the name that its layer has now', () => {
    const given = bert({ ...tiny('bert'), layers: 3 });
    given.getLayer('encoder/2/ffn/up').trainable = false;
    const smaller = shrink(given, { layers: [0], neurons: [[], [], [4]] });
    const frozen = weightsOf(smaller).filter(({ trainable }) => !trainable);
    expect(frozen.map(({ path }) => path)).toEqual(['encoder/1/ffn/up/kernel', 'encoder/1/ffn/up/bias']);
  });

  it('cuts the same numbers whatever else goes', () => {
    const random = seededRandom(3);
    const given = bert({ ...tiny('bert'), layers: 4 });
    shake(given);
    const cut = {
      heads: all(4).map(() => all(2).filter(() => random() < 0.5)),
      neurons: all(4).map(() => all(12).filter(() => random() < 0.5)),
    };
    const once = shrink(given, { ...cut, layers: [1] });
    const twice = shrink(shrink(given, cut), { layers: [1] });
    expect(weightsOf(once).map(({ path, variable }) => [path, ...hostOf(variable).data])).toEqual(
      weightsOf(twice).map(({ path, variable }) => [path, ...hostOf(variable).data]),
    );
  });

  it.each<[Cut, string]>([
    [{ heads: [[2], []] }, 'Expected heads of layer 0 to cut from 0 to 1, each once, got 2.'],
    [{ heads: [[0, 0], []] }, 'each once, got 0 twice.'],
    [{ neurons: [[]] }, 'Expected neurons to cut for each of the 2 layers, such as [[0], []], got 1 lists.'],
    [{ neurons: [[], [NaN]] }, 'neurons of layer 1 to cut from 0 to 11, each once, got NaN.'],
    [{ layers: [0, 1] }, 'leaves at least one layer, got all 2.'],
    [{ layers: [-1] }, 'Expected layers to cut from 0 to 1, each once, got -1.'],
  ])('refuses %j', (cut, message) => {
    expect(() => shrink(model(), cut)).toThrow(message);
  });

  it('masks no whole layers', () => {
    const all: Cut = { heads: [[0], []], layers: [1] };
    expect(() => maskUnits(model(), all)).toThrow(
      'Expected heads and neurons to mask, got layer 1 as a whole',
    );
  });

  it('refuses a model with something attached', () => {
    const given = model();
    attach(given.getLayer('pooler'), 'kernel', {
      revision: '',
      apply: (x) => x,
      state: () => ({}),
      dispose: () => undefined,
    });
    expect(() => shrink(given, {})).toThrow(
      'got something at "kernel" of layer "pooler"; convert or detach it first.',
    );
  });
});

test('shrink leaks nothing but the model', () =>
  expectNoLeak(() => {
    const given = bert(tiny('bert'));
    const smaller = shrink(given, { heads: [[0], []] });
    [given, smaller].forEach((each) => weightsOf(each).forEach(({ variable }) => variable.dispose()));
  }));
