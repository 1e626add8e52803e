import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { pruneVocabulary } from '../../../datasets/tokenizer/prune-vocabulary';
import { Tokenizer, wordPiece } from '../../../datasets/tokenizer/tokenizer';
import { tokenizerOf } from '../../../datasets/tokenizer/tokenizer-of';
import { attach } from '../../../lib/core/attach';
import { UserError } from '../../../lib/core/errors';
import { seededRandom } from '../../../lib/core/random';
import { weightsOf } from '../../../lib/core/weights';
import { loadHuggingFace, saveHuggingFace } from '../../../lib/export/hugging-face/folder';
import type { TokenizerJson } from '../../../lib/export/hugging-face/tokenizer-json';
import { forward } from '../../../lib/forward/forward';
import { bert } from '../../../lib/models/bert';
import { bertConfigOf } from '../../../lib/models/bert-config-of';
import { maskedLanguageModel } from '../../../lib/models/masked-language-model';
import { maskSet } from '../../../lib/pruning/mask';
import { masksOf, maskOf, setMasks } from '../../../lib/pruning/model-masks';
import { expectNoLeak } from '../../leaks';
import { familyNames, tiny } from '../../models/family-cases';
import { shake } from '../../models/reference';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const SPECIAL = ['[PAD]', '[unused0]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const PIECES = [...SPECIAL, 'a', 'b', '##b', '##a', 'é', 'ab', 'abb', '##bc', '##ba', '##'];

const BYTES = [
  '<s>',
  '<pad>',
  '</s>',
  '<unk>',
  '<mask>',
  'a',
  'b',
  'c',
  'Ġ',
  'ab',
  'Ġab',
  'bc',
  'cab',
  'Ġcab',
  'x',
];

/** A RoBERTa's `tokenizer.json`; its merges as old files write them, or new ones. */
function bytesJson(merges: NonNullable<TokenizerJson['model']['merges']>, pieces = BYTES): TokenizerJson {
  const numbers = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
  return {
    added_tokens: BYTES.slice(0, 5).map((content, id) => ({ id, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
    post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0] },
    padding: { pad_id: 1, pad_token: '<pad>' },
    decoder: null,
    model: { type: 'BPE', vocab: numbers, merges },
  } as TokenizerJson;
}
const MERGES = ['a b', 'Ġ ab', 'b c', 'c ab', 'Ġ cab'];

const byteLevel = (json: TokenizerJson = bytesJson(MERGES)): Tokenizer =>
  tokenizerOf({ vocabulary: Object.keys(json.model.vocab), lowercase: false, json });

const tokenizerFor = (family: string) => (family === 'roberta' ? byteLevel() : wordPiece(PIECES));

const modelFor = (
  family: (typeof familyNames)[number],
  vocabSize = tokenizerFor(family).vocabulary.length,
) => {
  const model = bert({ ...tiny(family), maxPositions: 12, vocabSize });
  shake(model);
  return model;
};

/** ids, mask, types of texts, padded */
function batchOf(texts: readonly string[], tokenizer: Tokenizer): tf.Tensor[] {
  const rows = texts.map((text) => tokenizer.encode(text, undefined, 12));
  const longest = Math.max(...rows.map(({ ids }) => ids.length));
  const filled = (row: readonly number[], value: number) => [
    ...row,
    ...new Array<number>(longest - row.length).fill(value),
  ];
  const parts = [
    rows.map(({ ids }) => filled(ids, tokenizer.padId)),
    rows.map(({ ids }) =>
      filled(
        ids.map(() => 1),
        0,
      ),
    ),
    rows.map(({ typeIds }) => filled(typeIds, 0)),
  ];
  return parts.map((rows) => tf.tensor2d(rows, undefined, 'int32'));
}

const piecesOf = (text: string, tokenizer: Tokenizer) =>
  tokenizer.encode(text, undefined, 1000).ids.map((id) => tokenizer.vocabulary[id]);

const valuesOf = (x: tf.Tensor) => [...x.dataSync()];

const prunedPieces = async (tokenizer: Tokenizer, corpus: Iterable<string> | AsyncIterable<string>) => {
  const model = bert({ ...tiny('bert'), vocabSize: tokenizer.vocabulary.length });
  return (await pruneVocabulary(model, tokenizer, corpus)).tokenizer.vocabulary;
};

describe.each(familyNames)('the pruned vocabulary of a %s', (family) => {
  const corpus = ['ab cab', 'a', 'abba zz', ''];

  it('gives the same pieces and, bit for bit, the same logits on the corpus', async () => {
    const [model, tokenizer] = [modelFor(family), tokenizerFor(family)];
    const pruned = await pruneVocabulary(model, tokenizer, corpus);
    expect(pruned.tokenizer.vocabulary.length).toBeLessThan(tokenizer.vocabulary.length);
    for (const text of corpus) expect(piecesOf(text, pruned.tokenizer)).toEqual(piecesOf(text, tokenizer));
    const answers = (of: { model: tf.LayersModel; tokenizer: Tokenizer }) =>
      valuesOf(forward(of.model, batchOf(corpus, of.tokenizer), false));
    expect(answers(pruned)).toEqual(answers({ model, tokenizer }));
    expect(pruned.kept.map((id) => tokenizer.vocabulary[id])).toEqual(pruned.tokenizer.vocabulary);
    expect(bertConfigOf(pruned.model)).toEqual({ ...bertConfigOf(model), vocabSize: pruned.kept.length });
  });

  it('is saved, and comes back', async () => {
    const pruned = await pruneVocabulary(modelFor(family), tokenizerFor(family), corpus);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vocabulary-'));
    saveHuggingFace(pruned.model, folder, { tokenizerFiles: pruned.tokenizer, onnx: false });
    const { model, tokenizerFiles } = loadHuggingFace(folder);
    const tokenizer = tokenizerOf(tokenizerFiles);
    expect(tokenizer.vocabulary).toEqual(pruned.tokenizer.vocabulary);
    const xs = batchOf(corpus, tokenizer);
    expect(valuesOf(xs[0]!)).toEqual(valuesOf(batchOf(corpus, pruned.tokenizer)[0]!));
    expect(valuesOf(forward(model, xs, false))).toEqual(valuesOf(forward(pruned.model, xs, false)));
    fs.rmSync(folder, { recursive: true });
  });

  it('is pruned no further by the same corpus', async () => {
    const once = await pruneVocabulary(modelFor(family), tokenizerFor(family), corpus);
    const twice = await pruneVocabulary(once.model, once.tokenizer, corpus);
    expect(twice.kept).toEqual(once.kept.map((_, id) => id));
    expect(twice.tokenizer.json).toEqual(once.tokenizer.json);
    const table = ({ model }: { model: tf.LayersModel }) => valuesOf(weightsOf(model)[0]!.variable);
    expect(table(twice)).toEqual(table(once));
  });
});

describe('of WordPiece stay', () => {
  const always = [...SPECIAL.filter((piece) => piece !== '[unused0]'), 'a', 'b', '##b', '##a', 'é'];

  it('special pieces, single characters, and what the corpus is cut into', async () => {
    expect(await prunedPieces(wordPiece(PIECES), [''])).toEqual(always);
    expect(await prunedPieces(wordPiece(PIECES), ['aba'])).toEqual([...always, 'ab']);
    expect(await prunedPieces(wordPiece(PIECES), ['B', 'AB', 'ab a'])).toEqual([...always, 'ab']);
  });

  it('pieces that lead a word to [UNK]', async () => {
    // "abbc" is abb and then nothing, but without abb it would be a, ##b, ##bc
    const pieces = await prunedPieces(wordPiece(PIECES), ['abbc', 'bbc']);
    expect(pieces).toEqual([...always, 'abb', '##bc']);
    expect(wordPiece(pieces).encode('abbc', undefined, 9).ids).toEqual([2, 1, 3]);
  });

  it('all that random texts need; others are unknown just where they were', async () => {
    const random = seededRandom(7, 'pruned vocabulary');
    const draw = (most: number) =>
      Array.from({ length: 1 + Math.floor(random() * most) }, () => 'abc'[Math.floor(random() * 3)]).join('');
    for (let round = 0; round < 30; round++) {
      const long = Array.from({ length: 12 }, () => (random() < 0.5 ? draw(4) : `##${draw(4)}`));
      const characters = ['a', 'b', 'c', '##a', '##b', ...(round % 2 ? ['##c'] : [])];
      const tokenizer = wordPiece([...new Set([...SPECIAL, ...characters, ...long])]);
      const [corpus, others] = [1, 2].map(() => Array.from({ length: 5 }, () => `${draw(8)} ${draw(3)}`));
      const pruned = wordPiece(await prunedPieces(tokenizer, corpus!));
      for (const text of corpus!) expect(piecesOf(text, pruned)).toEqual(piecesOf(text, tokenizer));
      if (!characters.includes('##c')) continue;
      for (const text of others!) expect(piecesOf(text, pruned)).not.toContain('[UNK]');
    }
  });
});

describe('of a byte-level BPE', () => {
  it('stay bytes, special pieces, and all that a piece is merged of, under new ids', async () => {
    const tokenizer = byteLevel();
    const model = bert({ ...tiny('bert'), vocabSize: BYTES.length });
    const { tokenizer: pruned } = await pruneVocabulary(model, tokenizer, ['a cab']);
    const left = BYTES.filter((piece) => piece !== 'Ġab' && piece !== 'bc');
    expect(pruned.vocabulary).toEqual(left);
    expect(pruned.json!.model.merges).toEqual(['a b', 'c ab', 'Ġ cab']);
    expect(pruned.json!.model.vocab).toEqual(Object.fromEntries(left.map((piece, id) => [piece, id])));
  });

  it('special pieces get new ids wherever the file names them', async () => {
    const pieces = [...BYTES.slice(5), ...BYTES.slice(0, 5)]; // the special ones last
    const numbers = Object.fromEntries(pieces.map((piece, id) => [piece, id]));
    const json = {
      ...bytesJson(
        MERGES.map((merge) => merge.split(' ') as [string, string]),
        pieces,
      ),
      added_tokens: BYTES.slice(0, 5).map((content) => ({ id: numbers[content]!, content })),
      post_processor: {
        type: 'RobertaProcessing',
        sep: ['</s>', numbers['</s>']!],
        cls: ['<s>', numbers['<s>']!],
      },
      padding: { pad_id: numbers['<pad>']! },
    } as TokenizerJson;
    const model = bert({ ...tiny('bert'), vocabSize: BYTES.length });
    const { tokenizer } = await pruneVocabulary(model, byteLevel(json), ['ab']);
    expect(tokenizer.vocabulary).toEqual(['a', 'b', 'c', 'Ġ', 'ab', 'x', ...BYTES.slice(0, 5)]);
    expect(tokenizer.json).toMatchObject({
      added_tokens: BYTES.slice(0, 5).map((content, i) => ({ content, id: 6 + i })),
      post_processor: { sep: ['</s>', 8], cls: ['<s>', 6] },
      padding: { pad_id: 7 },
      model: { merges: [['a', 'b']] },
    });
    expect(tokenizer.encode('ab<mask>', undefined, 9).ids).toEqual([6, 4, 10, 8]);
    expect(tokenizer.padId).toBe(7);
  });

  it('random texts are cut into the same pieces', async () => {
    const random = seededRandom(5, 'pruned merges');
    const draw = (most: number) =>
      Array.from({ length: 1 + Math.floor(random() * most) }, () => 'abc'[Math.floor(random() * 3)]).join('');
    for (let round = 0; round < 20; round++) {
      const pieces = BYTES.slice(0, 9);
      const merges: string[] = [];
      for (let i = 0; i < 15; i++) {
        const [left, right] = [1, 2].map(() => pieces[5 + Math.floor(random() * (pieces.length - 5))]!);
        if (right!.startsWith('Ġ') || pieces.includes(`${left}${right}`)) continue;
        merges.push(`${left} ${right}`);
        pieces.push(`${left}${right}`);
      }
      const tokenizer = byteLevel(bytesJson(merges, pieces));
      const corpus = Array.from({ length: 4 }, () => `${draw(6)} ${draw(6)}`);
      const model = bert({ ...tiny('bert'), vocabSize: pieces.length });
      const pruned = (await pruneVocabulary(model, tokenizer, corpus)).tokenizer;
      for (const text of corpus) expect(piecesOf(text, pruned)).toEqual(piecesOf(text, tokenizer));
    }
  });

  it('refuses merges into nothing', async () => {
    const model = modelFor('roberta');
    await expect(pruneVocabulary(model, byteLevel(bytesJson(['a c'])), ['a'])).rejects.toThrow(
      'Expected the pieces of every merge in the vocabulary of tokenizer.json, got "a c" without "ac"',
    );
  });
});

it('keeps the ids up to the padding of a RoBERTa, from which it counts positions', async () => {
  const pieces = ['[UNK]', '[CLS]', 'odd one', '[PAD]', '[SEP]', 'ab', 'a', '##b'];
  const tokenizer = wordPiece(pieces);
  const model = bert({ ...tiny('roberta'), vocabSize: pieces.length, padId: 3 });
  const pruned = await pruneVocabulary(model, tokenizer, ['a']);
  expect(pruned.tokenizer.vocabulary).toEqual(['[UNK]', '[CLS]', 'odd one', '[PAD]', '[SEP]', 'a', '##b']);
  const [before, after] = [tokenizer, pruned.tokenizer].map((each) => batchOf(['a', 'a a'], each));
  expect(valuesOf(forward(pruned.model, after!, false))).toEqual(valuesOf(forward(model, before!, false)));
});

it('cuts the table and the bias of a masked-language model', async () => {
  const tokenizer = wordPiece(PIECES);
  const model = maskedLanguageModel(modelFor('electra'));
  shake(model);
  const pruned = await pruneVocabulary(model, tokenizer, ['ab']);
  const logits = (of: { model: tf.LayersModel; tokenizer: Tokenizer }) =>
    forward(of.model, [...batchOf(['ab'], of.tokenizer), tf.tensor2d([[1]], undefined, 'int32')], false);
  const [all, left] = [logits({ model, tokenizer }), logits(pruned)];
  expect(left.shape).toEqual([1, 1, pruned.kept.length]);
  valuesOf(left).forEach((logit, id) => expect(logit).toBeCloseTo(all.dataSync()[pruned.kept[id]!]!, 5));
});

it('leaves out rows that have no piece, cuts masks, keeps what is frozen, and leaves the model as it is', async () => {
  const model = modelFor('bert', PIECES.length + 3);
  const table = 'embeddings/token/embeddings';
  const width = 8;
  const mask = Uint8Array.from(
    { length: (PIECES.length + 3) * width },
    (_, i) => (i + Math.floor(i / width)) % 2,
  );
  setMasks(model, maskSet([[table, mask]]));
  model.getLayer('embeddings/token').trainable = false;
  const before = weightsOf(model).map(({ variable }) => valuesOf(variable));
  const pruned = await pruneVocabulary(model, wordPiece(PIECES), ['abb']);
  expect(weightsOf(model).map(({ variable }) => valuesOf(variable))).toEqual(before);
  const [{ variable, trainable }] = weightsOf(pruned.model) as [ReturnType<typeof weightsOf>[number]];
  expect([variable.shape, trainable]).toEqual([[pruned.kept.length, width], false]);
  expect([...masksOf(pruned.model).keys()]).toEqual([table]);
  expect([...maskOf(variable)!]).toEqual(
    pruned.kept.flatMap((id) => [...mask.subarray(id * width, (id + 1) * width)]),
  );
});

it('reads an asynchronous corpus once', async () => {
  let asked = 0;
  async function* lines(): AsyncGenerator<string> {
    for (const line of ['ab', 'a', 'abb']) {
      asked++;
      await Promise.resolve();
      yield line;
    }
  }
  const pieces = await prunedPieces(wordPiece(PIECES), lines());
  expect([asked, pieces.includes('abb'), pieces.includes('##bc')]).toEqual([3, true, false]);
});

it('leaks nothing', async () => {
  const [model, tokenizer] = [modelFor('bert'), wordPiece(PIECES)];
  await expectNoLeak(async () => {
    const pruned = await pruneVocabulary(model, tokenizer, ['ab']);
    pruned.model.dispose();
  });
});

describe('refuses', () => {
  const refusal = (model: tf.LayersModel, corpus: unknown, tokenizer = wordPiece(PIECES)) =>
    pruneVocabulary(model, tokenizer, corpus as string[]).then(
      () => 'nothing',
      (error: unknown) => {
        expect(error).toBeInstanceOf(UserError);
        return (error as Error).message;
      },
    );

  it('a corpus without texts', async () => {
    expect(await refusal(modelFor('bert'), [])).toContain('a corpus of at least one text, got none');
  });

  it('one text, and what is no text', async () => {
    expect(await refusal(modelFor('bert'), 'ab')).toContain('got one text; pass [text]');
    expect(await refusal(modelFor('bert'), ['a', { text: 'b' }])).toContain('got {"text":"b"} as number 1');
  });

  it("another model's tokenizer", async () => {
    expect(await refusal(modelFor('bert', 9), ['ab'])).toContain(
      'at most the 9 pieces that the model has rows for, got one of 16',
    );
  });

  it('another model, and one with something attached', async () => {
    const dense = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] });
    expect(await refusal(dense, ['ab'])).toContain('without a layer "embeddings/token"');
    const model = modelFor('bert');
    const same = { revision: '', apply: (x: tf.Tensor) => x, state: () => ({}), dispose: () => undefined };
    attach(model.getLayer('pooler'), 'kernel', same);
    expect(await refusal(model, ['ab'])).toContain('got something at "kernel" of layer "pooler"');
  });
});
