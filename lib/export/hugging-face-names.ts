/** Folders of our paths, and what transformers calls them; `<i>` is the number of a layer. */
const FOLDERS: readonly (readonly [string, string])[] = [
  ['embeddings/norm', 'bert.embeddings.LayerNorm'],
  ['encoder/<i>/attention/query', 'bert.encoder.layer.<i>.attention.self.query'],
  ['encoder/<i>/attention/key', 'bert.encoder.layer.<i>.attention.self.key'],
  ['encoder/<i>/attention/value', 'bert.encoder.layer.<i>.attention.self.value'],
  ['encoder/<i>/attention/output', 'bert.encoder.layer.<i>.attention.output.dense'],
  ['encoder/<i>/attention/norm', 'bert.encoder.layer.<i>.attention.output.LayerNorm'],
  ['encoder/<i>/ffn/up', 'bert.encoder.layer.<i>.intermediate.dense'],
  ['encoder/<i>/ffn/down', 'bert.encoder.layer.<i>.output.dense'],
  ['encoder/<i>/ffn/norm', 'bert.encoder.layer.<i>.output.LayerNorm'],
  ['embeddings/token', 'bert.embeddings.word_embeddings'],
  ['embeddings/position', 'bert.embeddings.position_embeddings'],
  ['embeddings/type', 'bert.embeddings.token_type_embeddings'],
  ['pooler', 'bert.pooler.dense'],
  ['classifier', 'classifier'],
];
const folders = new Map(FOLDERS);

/** What transformers calls the weight at one of our paths: `classifier/kernel` is `classifier.weight`. */
export function storedName(path: string): string {
  const index = /\/(\d+)\//.exec(path)?.[1] ?? '';
  const [, folder, weight] = /^(.*)\/(\w+)$/.exec(path.replace(/\/\d+\//, '/<i>/'))!;
  const stored = folders.get(folder!)!.replace('<i>', index);
  return `${stored}.${weight === 'bias' || weight === 'beta' ? 'bias' : 'weight'}`;
}

/** Whether transformers stores a weight transposed: its dense layers have [outputs, inputs]. */
export function isTransposed(path: string): boolean {
  return path.endsWith('/kernel');
}

/**
 * One name for the ways in which a tensor may be called: a bare `BertModel` leaves out `bert.`, and checkpoints converted from
 * TensorFlow call a layer norm's weights gamma and beta.
 */
export function canonicalName(name: string): string {
  const renamed = name
    .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
    .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
  return /^(embeddings|encoder|pooler)\./.test(renamed) ? `bert.${renamed}` : renamed;
}
