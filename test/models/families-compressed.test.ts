import * as tf from '@tensorflow/tfjs';
import { convert } from '../../lib/compress/convert';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8 } from '../../lib/compress/scheme';
import { report } from '../../lib/compress/report';
import { forward } from '../../lib/forward/forward';
import { weightsOf } from '../../lib/core/weights';
import { bert } from '../../lib/models/bert';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { defaultTargets } from '../../lib/pruning/targets';
import { familyNames, tiny } from './family-cases';
import { batch } from './reference';

const parts = [
  'attention/query',
  'attention/key',
  'attention/value',
  'attention/output',
  'ffn/up',
  'ffn/down',
];
const encoder = [0, 1].flatMap((i) => parts.map((part) => `encoder/${i}/${part}/kernel`));

describe.each(familyNames)('a %s', (family) => {
  const embeddings = weightsOf(bert(tiny(family))).filter(({ name }) => name === 'embeddings');
  const project = family === 'electra' ? ['embeddings/project/kernel'] : [];

  it('has the encoder, the projection and the pooler as pruning targets', () => {
    const model = bert(tiny(family));
    const expected = [...project, ...encoder, 'pooler/kernel'].sort();
    expect(
      defaultTargets(model)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(expected);
    const { rows } = report(model);
    expect(rows.flatMap(({ path, target }) => (target ? [path] : [])).sort()).toEqual(expected);
  });

  it('is quantized in every dense layer and table, and converts to what it computed', () => {
    const model = bert(tiny(family));
    const prepared = prepare(model, staticInt8());
    const tables = embeddings.map(({ path }) => path);
    expect([...prepared.weights.keys()].sort()).toEqual(
      [...tables, ...project, ...encoder, 'pooler/kernel', 'classifier/kernel'].sort(),
    );
    const xs = batch(family === 'roberta' ? 1 : 0);
    tf.tidy(() => void forward(model, xs, true));
    prepared.setMode('quantize');
    const expected = [...forward(model, xs, false).dataSync()];
    const { model: converted } = convert(prepared);
    expect([...forward(converted, xs, false).dataSync()]).toEqual(expected);
    expect(bertConfigOf(converted).family).toBe(family);
  });
});
