import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../../lib/core/errors';
import { forward } from '../../../lib/forward/forward';
import { HostTensor, hostTensor } from '../../../lib/core/host-tensor';
import { weightsOf } from '../../../lib/core/weights';
import { loadHuggingFace, saveHuggingFace } from '../../../lib/export/hugging-face/folder';
import { readSafetensors, writeSafetensors } from '../../../lib/export/safetensors';
import { bert } from '../../../lib/models/bert';
import { BertConfig, resolveBertConfig } from '../../../lib/models/bert-config';
import { FamilyName } from '../../../lib/models/family';
import { familyNames, tiny } from '../../models/family-cases';
import { batch } from '../../models/reference';

const tokenizerFiles = { vocabulary: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a'], lowercase: true };

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'families-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const logits = (model: tf.LayersModel) => [...forward(model, batch(), false).dataSync()];
const configFile = () => path.join(folder, 'config.json');
const weightsFile = () => path.join(folder, 'model.safetensors');
const readConfigFile = () => JSON.parse(fs.readFileSync(configFile(), 'utf8')) as Record<string, unknown>;

/** A model whose biases and norms are not 0 and 1. */
function save(config: BertConfig): tf.LayersModel {
  const model = bert(config);
  weightsOf(model).forEach(({ variable }, i) =>
    variable.assign(variable.add(tf.randomNormal(variable.shape, 0, 0.1, 'float32', i + 1))),
  );
  saveHuggingFace(model, folder, { tokenizerFiles });
  return model;
}

function edit(change: (name: string, tensor: HostTensor) => [string, HostTensor][]): void {
  const tensors = [...readSafetensors(weightsFile())].flatMap(([name, tensor]) => change(name, tensor));
  writeSafetensors(weightsFile(), new Map(tensors));
}

/** Names as transformers has them: of layer 1, and of the head; and a tensor for another task. */
const names: Record<FamilyName, readonly [query: string, pooler: string, classifier: string, other: string]> =
  {
    bert: ['encoder.layer.1.attention.self.query', 'bert.pooler.dense', 'classifier', 'cls.predictions.bias'],
    distilbert: [
      'transformer.layer.1.attention.q_lin',
      'pre_classifier',
      'classifier',
      'vocab_projector.bias',
    ],
    roberta: [
      'encoder.layer.1.attention.self.query',
      'classifier.dense',
      'classifier.out_proj',
      'roberta.pooler.dense.bias',
    ],
    electra: [
      'encoder.layer.1.attention.self.query',
      'classifier.dense',
      'classifier.out_proj',
      'generator_lm_head.bias',
    ],
  };

describe.each(familyNames)('a %s', (family) => {
  const [query, pooler, classifier, other] = names[family];
  const rates = { dropout: 0.3, attentionDropout: 0.2, classifierDropout: 0.15, initializerRange: 0.4 };

  it('is saved and loaded as what it is', () => {
    const model = save({ ...tiny(family), ...rates });
    const loaded = loadHuggingFace(folder);
    expect(logits(loaded.model)).toEqual(logits(model));
    expect(loaded).toMatchObject({ labels: ['LABEL_0', 'LABEL_1', 'LABEL_2'], fresh: [], ignored: [] });
    expect(loaded.config).toEqual({ ...resolveBertConfig({ ...tiny(family), ...rates }), seed: 0 });
    expect(readConfigFile()['model_type']).toBe(family);
    const stored = readSafetensors(weightsFile());
    for (const name of [`${family}.${query}`, pooler, classifier])
      expect(stored.has(`${name}.weight`)).toBe(true);
  });

  it('is saved as a regression', () => {
    const model = save({ ...tiny(family), problem: 'regression' });
    expect(loadHuggingFace(folder).config.problem).toBe('regression');
    expect(logits(loadHuggingFace(folder).model)).toEqual(logits(model));
  });

  it('is known as a bare encoder, with the tensors of another task', () => {
    save(tiny(family));
    edit((name, tensor) =>
      name.startsWith(pooler) || name.startsWith(classifier)
        ? []
        : [[name.replace(`${family}.`, ''), tensor]],
    );
    edit((name, tensor) => {
      const places = hostTensor(Int32Array.of(0, 1), [1, 2]);
      const extra: [string, HostTensor][] = [
        [other, tensor],
        ['embeddings.position_ids', places],
      ];
      return [[name, tensor], ...(name === 'embeddings.LayerNorm.bias' ? extra : [])];
    });
    const { fresh, ignored } = loadHuggingFace(folder, { labels: ['a', 'b'], seed: 3 });
    expect(fresh).toEqual(['pooler/kernel', 'pooler/bias', 'classifier/kernel', 'classifier/bias']);
    expect(ignored).toEqual([other]);
  });

  it('gets another classifier when asked to', () => {
    save(tiny(family));
    const labels = ['a', 'b'];
    expect(() => loadHuggingFace(folder, { labels })).toThrow(UserError);
    expect(() => loadHuggingFace(folder, { labels })).toThrow(
      `${classifier}.weight is float32 [3, 8] instead of float32 [2, 8], ${classifier}.bias`,
    );
    expect(() => loadHuggingFace(folder, { labels })).toThrow('ask for a new classifier');
    const { fresh } = loadHuggingFace(folder, { labels, newClassifier: true });
    expect(fresh).toEqual(['classifier/kernel', 'classifier/bias']);
  });

  it('names what is missing', () => {
    save(tiny(family));
    edit((name, tensor) => (name === `${family}.${query}.bias` ? [] : [[name, tensor]]));
    expect(() => loadHuggingFace(folder)).toThrow(`1 missing: ${family}.${query}.bias;`);
  });
});

describe('config.json', () => {
  it('counts the rows of RoBERTa’s position table', () => {
    save(tiny('roberta'));
    expect(readConfigFile()).toMatchObject({
      max_position_embeddings: 8,
      pad_token_id: 1,
      type_vocab_size: 1,
    });
    const { shape } = readSafetensors(weightsFile()).get('roberta.embeddings.position_embeddings.weight')!;
    expect(shape).toEqual([8, 8]);
  });

  it('has DistilBERT’s own names', () => {
    save(tiny('distilbert'));
    const expected = { dim: 8, n_layers: 2, n_heads: 2, hidden_dim: 12, seq_classif_dropout: 0.1 };
    expect(readConfigFile()).toMatchObject(expected);
  });

  it.each<[BertConfig, string]>([
    [
      { ...tiny('bert'), embeddingSize: 6 },
      'Expected embeddingSize 8 in a bert saved for Hugging Face, got 6',
    ],
    [{ ...tiny('distilbert'), epsilon: 1e-5 }, 'Expected epsilon 1e-12 in a distilbert'],
  ])('is refused where it cannot tell: %j', (config, message) => {
    expect(() => save(config)).toThrow(message);
  });

  it('is refused for an activation that there is not', () => {
    save(tiny('distilbert'));
    fs.writeFileSync(configFile(), JSON.stringify({ ...readConfigFile(), activation: 'relu' }));
    expect(() => loadHuggingFace(folder)).toThrow('Expected a distilbert with activation "gelu"');
  });
});
