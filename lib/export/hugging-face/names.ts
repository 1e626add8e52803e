import type { HuggingFaceFamily } from './family';

/** A path of ours: the folder, `<i>` in place of a layer's number, the number, and the weight. */
function parts(path: string): { readonly folder: string; readonly index: string; readonly weight: string } {
  const index = /\/(\d+)\//.exec(path)?.[1] ?? '';
  const [, folder = '', weight = ''] = /^(.*)\/(\w+)$/.exec(path.replace(/\/\d+\//, '/<i>/')) ?? [];
  return { folder, index, weight };
}

/** Whether transformers has a name for what is at a path. */
export const isStored = (path: string, { folders }: HuggingFaceFamily): boolean =>
  Object.hasOwn(folders, parts(path).folder);

/** What transformers calls the weight at one of our paths: `classifier/kernel` of a BERT is `classifier.weight`. */
export function storedName(path: string, { folders }: HuggingFaceFamily): string {
  const { folder, index, weight } = parts(path);
  const stored = folders[folder]!.replace('<i>', index);
  return `${stored}.${weight === 'bias' || weight === 'beta' ? 'bias' : 'weight'}`;
}

/** Whether transformers stores a weight transposed: its dense layers have [outputs, inputs]. */
export function isTransposed(path: string): boolean {
  return path.endsWith('/kernel');
}

/**
 * One name for the ways in which a tensor may be called: a bare encoder leaves out its prefix, and checkpoints converted from
 * TensorFlow call a layer norm's weights gamma and beta.
 */
export function canonicalName(name: string, { prefix }: HuggingFaceFamily): string {
  const renamed = name
    .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
    .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
  const bare = /^(embeddings|embeddings_project|encoder|transformer|pooler)\./.test(renamed);
  return bare ? `${prefix}.${renamed}` : renamed;
}
