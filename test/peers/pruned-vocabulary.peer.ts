import { ok } from 'node:assert';
import * as path from 'node:path';
import { PrunedVocabulary, pruneVocabulary } from '../../datasets/tokenizer/prune-vocabulary';
import { tokenizerOf } from '../../datasets/tokenizer/tokenizer-of';
import { toyTask } from '../../datasets/toy';
import { loadHuggingFace, saveHuggingFace } from '../../lib/export/hugging-face/folder';
import { readTokenizer } from '../../lib/export/hugging-face/tokenizer';
import { bert } from '../../lib/models/bert';
import { Answer, answersOf, askProgram, compareAnswers } from './answers';
import { askPython, inFolder } from './ask-python';
import { glueTexts } from './texts';
import { miniLM, toyModel, TrainedModel } from './trained-models';
import { askTransformersJs } from './transformers-js';

export const name = 'pruned-vocabulary';

/** Texts that are answered; the tokenizer of a RoBERTa learns its merges from some more. */
const SENTENCES = 64;

/**
 * Prunes the vocabularies of a trained BERT and of a RoBERTa, and has the folders read by transformers.js and Python's transformers: the
 * same ids and probabilities as ours, which are those of the models before.
 */
export async function check(python: string, shared: string | undefined): Promise<string> {
  const wordPiece = shared ? await miniLM(shared) : await toyModel();
  const byteLevel = roberta(python, shared);
  return [
    await compare('WordPiece', wordPiece, python),
    await compare('byte-level BPE', byteLevel, python),
  ].join('; ');
}

/** Of random weights, with a tokenizer that Python has trained. */
function roberta(python: string, shared: string | undefined): TrainedModel {
  const rows = shared
    ? glueTexts(path.join(shared, 'data/glue')).map(([text]) => text)
    : toyTask({ dev: 1 }).train.map(({ text }) => text);
  const tokenizerFiles = inFolder((folder) => {
    askPython(python, 'byte-level.py', folder, { folder, texts: rows, examples: [] });
    return readTokenizer(folder);
  });
  const sizes = { layers: 2, hiddenSize: 32, heads: 2, maxPositions: 256, labels: 2, initializerRange: 0.2 };
  const model = bert({ ...sizes, family: 'roberta', vocabSize: tokenizerFiles.vocabulary.length });
  return { model, tokenizerFiles, labels: ['no', 'yes'], texts: rows.slice(0, SENTENCES) };
}

async function compare(what: string, trained: TrainedModel, python: string): Promise<string> {
  const { model, tokenizerFiles, labels, texts } = trained;
  const pruned = await pruneVocabulary(model, tokenizerOf(tokenizerFiles), texts);
  const before = inFolder((folder) => {
    saveHuggingFace(model, folder, { tokenizerFiles, labels, onnx: false });
    return loadHuggingFace(folder);
  });
  const { ours, theirs } = inFolder((folder) => {
    saveHuggingFace(pruned.model, folder, { tokenizerFiles: pruned.tokenizer, labels });
    const script = path.join(__dirname, 'saved_folder.py');
    const theirs = [askTransformersJs(folder, texts), askProgram(python, [script], folder, texts)];
    return { ours: loadHuggingFace(folder), theirs };
  });
  const answers = await answersOf(ours, texts);
  const old = renumbered(await answersOf(before, texts), pruned);
  const errors = [old, ...theirs].map((each) => compareAnswers(answers, each));
  const [left, all] = [pruned.kept.length, tokenizerFiles.vocabulary.length];
  ok(left < all, `Expected fewer than ${all} pieces, got ${left}.`);
  return (
    `${what}, ${left} of ${all} pieces: the same ids and labels as before, of transformers.js and of transformers, ` +
    `probabilities within ${errors.join(', ')}`
  );
}

/** Answers with the new ids for the old ones. */
function renumbered(answers: readonly Answer[], { kept }: PrunedVocabulary): Answer[] {
  return answers.map(({ ids, scores }) => ({ ids: ids.map((id) => kept.indexOf(id)), scores }));
}
