/** Data: what the package shows of it. */
export { asDataset, fromTensors, type Batch, type BatchSource, type FromTensorsOptions } from './batch';
export { batchSource, type BatchSourceOptions } from './batches';
export { downloadGlue, type DownloadGlueOptions } from './download/glue';
export { type GlueDownload } from './download/glue-files';
export { type Content } from './download/content';
export { type OutputStream } from './download/display';
export { downloadModel, type DownloadedModel, type DownloadModelOptions } from './download/hub-model';
export { sampleBatches } from './sample-batches';
export { maskedLanguageSource, packLines, type MaskedLanguageOptions } from './masked-language';
export {
  type AnyLabel,
  type Dataset,
  type Example,
  type Examples,
  type MetricName,
  type StoredExamples,
  type Texts,
} from './dataset';
export { readGlue, readGlueTest, type GlueTest, type ReadGlueOptions } from './glue';
export { glueSubmission } from './glue-submission';
export { tokenCache, type TokenCache, type TokenCacheOptions } from './token-cache';
export { type Encoded } from './encoded';
export { wordPiece, type Tokenizer, type WordPieceOptions } from './tokenizer/tokenizer';
export { type Encoding } from './tokenizer/frame';
export { tokenizerOf } from './tokenizer/tokenizer-of';
export { buildVocabulary, type BuildVocabularyOptions } from './tokenizer/vocabulary';
export { pruneVocabulary, type PrunedVocabulary } from './tokenizer/prune-vocabulary';
export { tableDataset, type TableOptions } from './table/table-dataset';
export { type Quoting } from './table/rows';
export { toyTask, type ToyDataset, type ToyOptions } from './toy';
export { type Difficulty } from './toy-grammar';
