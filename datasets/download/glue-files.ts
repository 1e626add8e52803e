import type { Content } from './content';

/** A file that GLUE hands out, and its content. */
export interface GlueDownload {
  /** Below the host of the addresses that GLUE's download script uses. */
  readonly address: string;
  /** What is checked of it; another file is refused. */
  readonly content: Content;
  /** Its name in the folder; that of the address by default. */
  readonly name?: string;
}

const file = (address: string, bytes: number, digest: string): GlueDownload => ({
  address,
  content: { bytes, algorithm: 'sha256', digest },
});
const archive = (name: string, bytes: number, digest: string) => [
  file(`glue/data/${name}.zip`, bytes, digest),
];

/**
 * What makes the folder of a task: an archive that holds the folder, or the files themselves. Lengths and digests are those that
 * Hugging Face published with its `glue` data set (`download_checksums` in huggingface/datasets, `datasets/glue/dataset_infos.json`);
 * but for QQP, TensorFlow Datasets publishes the same ones (`url_checksums/glue.txt`).
 */
export const GLUE_DOWNLOADS: Readonly<Record<string, readonly GlueDownload[]>> = {
  CoLA: archive('CoLA', 376971, 'f212fcd832b8f7b435fb991f101abf89f96b933ab400603bf198960dfc32cbff'),
  'SST-2': archive('SST-2', 7439277, 'd67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa'),
  MRPC: [
    file(
      'senteval/senteval_data/msr_paraphrase_train.txt',
      1047044,
      '60a9b09084528f0673eedee2b69cb941920f0b8cd0eeccefc464a98768457f89',
    ),
    file(
      'senteval/senteval_data/msr_paraphrase_test.txt',
      441275,
      'a04e271090879aaba6423d65b94950c089298587d9c084bf9cd7439bd785f784',
    ),
    file(
      'glue/data/mrpc_dev_ids.tsv',
      6222,
      '971d7767d81b997fd9060ade0ec23c4fc31cbb226a55d1bd4a1bac474eb81dc7',
    ),
  ],
  'STS-B': archive('STS-B', 802872, 'e60a6393de5a8b5b9bac5020a1554b54e3691f9d600b775bd131e613ac179c85'),
  QQP: archive('QQP-clean', 41696084, '40e7c862c04eb26ee04b67fd900e76c45c6ba8e6d8fab4f8f1f8072a1a3fbae0'),
  MNLI: archive('MNLI', 312783507, 'e7c1d896d26ed6caf700110645df426cc2d8ebf02a5ab743d5a5c68ac1c83633'),
  QNLI: archive('QNLIv2', 10627589, 'e634e78627a29adaecd4f955359b22bf5e70f2cbd93b493f2d624138a0c0e5f5'),
  RTE: archive('RTE', 697150, '6bf86de103ecd335f3441bd43574d23fef87ecc695977a63b82d5efb206556ee'),
  diagnostic: [
    {
      ...file('glue/data/AX.tsv', 222257, '0e13510b1bb14436ff7e2ee82338f0efb0133ecf2e73507a697dc210db3f05fd'),
      name: 'diagnostic.tsv',
    },
  ],
  WNLI: archive('WNLI', 28999, 'ae0e8e4d16f4d46d4a0a566ec7ecceccfd3fbfaa4a7a4b4e02848c0f2561ac46'),
};
