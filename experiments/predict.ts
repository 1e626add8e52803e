import * as path from 'node:path';
import { Option } from 'commander';
import { readGlueTest } from '../datasets/glue';
import { glueSubmission, taskClasses } from '../datasets/glue-submission';
import { GLUE_TASKS, glueFacts, GlueTask } from '../datasets/glue-tasks';
import { writeFileAtomically } from '../lib/core/atomic-file';
import { UserError } from '../lib/core/errors';
import { LoadedHuggingFace, loadHuggingFace } from '../lib/export/hugging-face/folder';
import type { Problem } from '../lib/models/problem';
import { answersOf } from '../trainers/metrics';
import { answerTable } from './answer-table';
import { expectNumbers, expectTrained, outputsOf } from './answers';
import { fetched } from './fetched';
import { main } from './main';
import { plainCommand } from './options';
import { absolute, folderOrName, whole } from './parse';
import { formatTable, TextTable } from './table';

interface PredictOptions {
  readonly model: string;
  readonly pair?: string;
  readonly maxLength?: number;
  readonly task?: GlueTask;
  readonly dataDir?: string;
  readonly out?: string;
  readonly offline: boolean;
}

/** Answers with a trained model: to sentences, or to the test file of a GLUE task. */
async function predict(argv: readonly string[]): Promise<void> {
  const command = plainCommand(
    'predict',
    'Answers with a trained BERT: to sentences, or to the test file of a GLUE task.',
  )
    .requiredOption(
      '--model <folder or name>',
      "Hugging Face folder, a run's `model` for example, or owner/name of the Hub",
      folderOrName,
    )
    .option('--offline', 'download nothing: say what is missing', false)
    .argument('[sentences...]', 'each in quotation marks')
    .option('--pair <sentence>', 'the second sentence, for a model of pairs')
    .option('--max-length <n>', 'pieces that are read (default: all that the model can)', whole(4))
    .addOption(
      new Option('--task <name>', 'answer to the test file of this GLUE task').choices(
        Object.keys(GLUE_TASKS),
      ),
    )
    .option('--data-dir <folder>', 'folder of GLUE folders, for --task (default: downloaded)', absolute)
    .option('--out <folder>', 'where --task writes its submission (default: submission)', absolute)
    .parse([...argv], { from: 'user' });
  checkQuestion(command.opts<PredictOptions>(), command.args);
  const options = await fetched(command.opts<PredictOptions>());
  const loaded = loadHuggingFace(options.model);
  expectTrained(loaded, options.model);
  if (options.task) await submit(loaded, options.task, options);
  else process.stdout.write(`${formatTable(await answer(loaded, command.args, options))}\n`);
}

function checkQuestion({ task, pair }: PredictOptions, sentences: readonly string[]): void {
  if (task && (sentences.length > 0 || pair !== undefined)) {
    throw new UserError(`Expected sentences or --task, got both; leave one out.`);
  }
  if (!task && sentences.length === 0) {
    throw new UserError('Expected a sentence in quotation marks, or --task, got neither; see --help.');
  }
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
