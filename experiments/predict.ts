import * as path from 'node:path';
import { Command, Option } from 'commander';
import { readGlueTest } from '../datasets/glue';
import { glueSubmission, taskClasses } from '../datasets/glue-submission';
import { GLUE_TASKS, glueFacts, GlueTask } from '../datasets/glue-tasks';
import type { Quoting } from '../datasets/table/rows';
import { writeFileAtomically } from '../lib/core/atomic-file';
import { UserError } from '../lib/core/errors';
import { LoadedHuggingFace, loadHuggingFace } from '../lib/export/hugging-face/folder';
import type { Problem } from '../lib/models/problem';
import { answersOf } from '../trainers/metrics';
import { answerRows } from './answer-rows';
import { answerTable } from './answer-table';
import { expectNumbers, expectTrained, outputsOf } from './answers';
import { fetched } from './fetched';
import { main } from './main';
import { plainCommand } from './options';
import { quotingOption } from './own-data';
import { absolute, folderOrName, whole } from './parse';
import { formatTable, TextTable } from './table';
import { lineRows, tableRows, TextRows } from './text-rows';

interface PredictOptions {
  readonly model: string;
  readonly pair?: string;
  readonly maxLength?: number;
  readonly data?: string;
  readonly textColumn?: string;
  readonly pairColumn?: string;
  readonly quoting?: Quoting;
  readonly task?: GlueTask;
  readonly dataDir?: string;
  readonly out?: string;
  readonly offline: boolean;
}

/** Answers with a trained model: to sentences, the rows of a table, lines that are piped in, or the test file of a GLUE task. */
async function predict(argv: readonly string[]): Promise<void> {
  const command = predictCommand().parse([...argv], { from: 'user' });
  const given = command.opts<PredictOptions>();
  const ask = questionOf(given, command.args);
  const options = await fetched(given);
  const loaded = loadHuggingFace(options.model);
  expectTrained(loaded, options.model);
  await ask(loaded, options);
}

function predictCommand(): Command {
  return plainCommand(
    'predict',
    'Answers with a trained BERT: to sentences, to the rows of a table, to lines that are piped in, or to the test file of a GLUE task.',
  )
    .requiredOption(
      '--model <folder or name>',
      "Hugging Face folder, a run's `model` for example, or owner/name of the Hub",
      folderOrName,
    )
    .option('--offline', 'download nothing: say what is missing', false)
    .argument('[sentences...]', 'each in quotation marks (default: the lines of the standard input)')
    .option('--pair <sentence>', 'the second sentence, for a model of pairs')
    .option('--max-length <n>', 'pieces that are read (default: all that the model can)', whole(4))
    .option('--data <file>', 'answer to the rows of this CSV, TSV or JSON Lines file', absolute)
    .option('--text-column <name>', 'of --data (default: told by the names: text, review, …)')
    .option('--pair-column <name>', 'of --data: second texts (default: none)')
    .addOption(quotingOption())
    .addOption(
      new Option('--task <name>', 'answer to the test file of this GLUE task').choices(
        Object.keys(GLUE_TASKS),
      ),
    )
    .option('--data-dir <folder>', 'folder of GLUE folders, for --task (default: downloaded)', absolute)
    .option(
      '--out <file or folder>',
      'where rows or lines go with their answers, by its name as CSV, TSV or JSON Lines (default: CSV on the standard output); the ' +
        'folder of the submission to --task (default: submission)',
      absolute,
    );
}

type Question = (loaded: LoadedHuggingFace, options: PredictOptions) => Promise<void>;

/** What is asked. @throws UserError for none, or several. */
function questionOf(options: PredictOptions, sentences: readonly string[]): Question {
  const { task, data, pair, out } = options;
  const asked = [sentences.length > 0 && 'sentences', task && '--task', data && '--data'].filter(Boolean);
  if (asked.length > 1)
    throw new UserError(`Expected one of sentences, --data and --task, got ${asked.join(' and ')}.`);
  if (pair !== undefined && sentences.length === 0) {
    throw new UserError('Expected --pair with a sentence in quotation marks, got it without.');
  }
  const ofData = (['textColumn', 'pairColumn', 'quoting'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (ofData && data === undefined)
    throw new UserError(`Expected --data with \`${ofData}\`, got it without.`);
  if (out !== undefined && sentences.length > 0) {
    throw new UserError('Expected --out with --data, --task or lines on the standard input, got sentences.');
  }
  if (task) return (loaded, here) => submit(loaded, task, here);
  if (data) return (loaded) => answerFile(loaded, tableRows(data, options), options);
  if (sentences.length > 0)
    return async (loaded) =>
      void process.stdout.write(`${formatTable(await answer(loaded, sentences, options))}\n`);
  if (!process.stdin.isTTY)
    return (loaded) => answerFile(loaded, lineRows('standard input', process.stdin), options);
  throw new UserError(
    'Expected a sentence in quotation marks, --data, --task or lines on the standard input, got none; see --help.',
  );
}

async function answerFile(loaded: LoadedHuggingFace, rows: TextRows, options: PredictOptions): Promise<void> {
  const count = await answerRows(loaded, rows, options);
  if (options.out) process.stdout.write(`${path.relative('', options.out)}  ${count} rows\n`);
}

async function answer(
  loaded: LoadedHuggingFace,
  sentences: readonly string[],
  { model, pair, maxLength }: PredictOptions,
): Promise<TextTable> {
  const examples = sentences.map((text) => ({ text, pair }));
  const outputs = await outputsOf(loaded, examples, maxLength);
  expectNumbers(outputs, model);
  return answerTable(sentences, outputs, { problem: loaded.config.problem, labels: loaded.labels });
}

function expectProblem({ config: { problem } }: LoadedHuggingFace, task: GlueTask): void {
  const expected: Problem = glueFacts(task).range ? 'regression' : 'single-label';
  if (problem === expected) return;
  throw new UserError(`Expected a ${expected} model for --task ${task}, got a ${problem} one.`);
}

/** Writes a file per test set: `RTE.tsv`, or MNLI's two. */
async function submit(
  loaded: LoadedHuggingFace,
  task: GlueTask,
  { model, dataDir, out = path.resolve('submission'), maxLength }: PredictOptions,
): Promise<void> {
  const classes = taskClasses(task, loaded.labels);
  expectProblem(loaded, task);
  for (const { submission, examples, note } of readGlueTest(task, dataDir!)) {
    const outputs = await outputsOf(loaded, examples, maxLength);
    expectNumbers(outputs, model);
    const answers = answersOf(outputs);
    const own = glueFacts(task).range ? answers : answers.map((output) => classes[output]!);
    const file = path.join(out, submission);
    writeFileAtomically(file, glueSubmission(task, own));
    process.stdout.write(`${path.relative('', file)}  ${own.length} rows; ${note}\n`);
  }
}

void main(predict);
