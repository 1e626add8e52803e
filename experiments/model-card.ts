import * as path from 'node:path';
import type { Outcome } from '../trainers/recipes/setup';
import type { KeptModel } from './result';
import type { RunConfig } from './run-config';
import { megabytes, percent } from './table';
import type { Task } from './task';

/** Its file, in the model's folder. */
export const CARD = 'README.md';

/** What a card tells of a model. */
export interface ModelCard {
  readonly model: KeptModel;
  readonly config: RunConfig;
  readonly task: Pick<Task, 'dataset' | 'baselines' | 'answers'>;
  /** All rows of the run. */
  readonly outcomes: readonly Outcome[];
}

/** The `README.md` of a saved model, in Markdown: from what it was made, what it scores, what its files take, and how to run it. */
export function modelCard(card: ModelCard): string {
  const { model, task } = card;
  const { name } = task.dataset;
  return `${[
    frontMatter(task),
    `# ${titleOf(model)}, ${name}`,
    madeFrom(card),
    `## Scores on the development set of ${name}`,
    scores(card),
    '## Files',
    files(model),
    '## How to run it',
    ...usage(task.answers),
  ].join('\n\n')}\n`;
}

/** What the Hub reads: a start for training is of no task. */
function frontMatter({ answers }: ModelCard['task']): string {
  const task = answers ? ['pipeline_tag: text-classification'] : [];
  return ['---', 'library_name: transformers', ...task, 'tags: [onnx]', '---'].join('\n');
}

const titleOf = ({ method, level }: Pick<Outcome, 'method' | 'level'>) =>
  level ? `${method} ${level}` : method;

/** Which options say how long and how fast something was trained. */
const TRAINING = ['epochs', 'batchSize', 'learningRate', 'maxLength', 'limit', 'seed'];

function madeFrom({ config: { script, options, environment }, model: { seed } }: ModelCard): string {
  const start =
    options['model'] === undefined ? 'a tiny BERT with random weights' : nameOf(String(options['model']));
  const given = TRAINING.filter((name) => name in options).map((name) => `${name} ${String(options[name])}`);
  return (
    `Made by \`${script}\` of whittle-tfjs ${environment.versions['whittle-tfjs']} from ${start}, with seed ${seed}: ` +
    `${given.join(', ')}. The rest is in the run's \`config.json\`.`
  );
}

/** A folder by its last name, one of the Hub's cache by the model's: where it lies is nobody's business. */
function nameOf(folder: string): string {
  const [, owner, name] = /models--([^/\\]+?)--([^/\\]+)/.exec(folder) ?? [];
  return `\`${owner === undefined ? path.basename(folder) : `${owner}/${name}`}\``;
}

/** This model, the dense one of its seed, and what needs no model. */
function scores({ model, task: { baselines }, outcomes }: ModelCard): string {
  const names = Object.keys(baselines[0]?.scores ?? {});
  const isThis = ({ method, seed, level }: Outcome) =>
    method === model.method && seed === model.seed && level === model.level;
  const rows = outcomes.filter(
    (outcome) => isThis(outcome) || (outcome.method === 'dense' && outcome.seed === model.seed),
  );
  const cells = (values: Readonly<Record<string, number>>) =>
    names.map((name) => values[name]?.toFixed(4) ?? '');
  return markdownTable(
    ['', ...names, 'zeros among the pruning targets', 'bits'],
    [
      ...rows.map((row) => [
        isThis(row) ? `**${titleOf(row)}** (this model)` : titleOf(row),
        ...cells(row.metrics),
        percent(row.sparsity),
        row.bits === undefined ? '' : String(row.bits),
      ]),
      ...baselines.map(({ name, scores }) => [name, ...cells(scores), '', '']),
    ],
  );
}

const files = ({ files: all }: KeptModel) =>
  markdownTable(
    ['file', 'bytes', 'gzip MB'],
    all.map(({ file, bytes, gzippedBytes }) => [
      `\`${file}\``,
      String(bytes),
      gzippedBytes === undefined ? '' : megabytes(gzippedBytes),
    ]),
  );

function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (language: string, ...lines: readonly string[]) =>
  `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``;

function usage(answers: Task['answers']): string[] {
  if (!answers) {
    return [
      'It has no trained classifier: it is a start, `--model <this folder>`, for the scripts of whittle-tfjs.',
    ];
  }
  const { labels, pairs } = answers;
  const sentences = pairs ? 'Sentences are pairs. ' : '';
  return [
    `${sentences}It answers ${labels.map((label) => `\`${label}\``).join(', ')}. \`.\` is this folder.`,
    'Python:',
    python(pairs),
    'Node (`npm install @huggingface/transformers`):',
    code('js', "import * as hf from '@huggingface/transformers';", '', ...node("'./'", pairs)),
    'A browser, where this folder is served as `/models/mine`:',
    code(
      'html',
      '<script type="module">',
      "  import * as hf from 'https://cdn.jsdelivr.net/npm/@huggingface/transformers';",
      '  hf.env.allowLocalModels = true;',
      "  hf.env.localModelPath = '/models/';",
      ...node("'mine'", pairs).map((line) => `  ${line}`),
      '</script>',
    ),
    'With whittle-tfjs:',
    code('sh', `npx whittle-tfjs predict --model . "a sentence"${pairs ? ' --pair "another one"' : ''}`),
  ];
}

const python = (pairs: boolean) =>
  code(
    'python',
    'from transformers import pipeline',
    '',
    "classify = pipeline('text-classification', model='.')",
    pairs
      ? "print(classify({'text': 'a sentence', 'text_pair': 'another one'}))"
      : "print(classify('a sentence'))",
  );

const node = (model: string, pairs: boolean): string[] =>
  pairs
    ? [
        `const tokenizer = await hf.AutoTokenizer.from_pretrained(${model});`,
        `const model = await hf.AutoModelForSequenceClassification.from_pretrained(${model});`,
        "const inputs = await tokenizer('a sentence', { text_pair: 'another one' });",
        'console.log((await model(inputs)).logits.tolist());',
      ]
    : [
        `const classify = await hf.pipeline('text-classification', ${model});`,
        "console.log(await classify('a sentence'));",
      ];
