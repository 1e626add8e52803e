import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeFileAtomically } from '../lib/core/atomic-file';
import { printableLines } from '../lib/core/printable';
import { displayOn } from '../trainers/callbacks/display';
import { progress } from '../trainers/callbacks/progress';
import { tensorboard, TensorboardOptions } from '../trainers/callbacks/tensorboard';
import type { EngineFactory } from '../trainers/engine';
import { Interrupted } from '../trainers/interrupted';
import type { Label, Listener, Outcome, RecipeOptions } from '../trainers/recipes/setup';
import { trainingFolder } from '../trainers/recipes/training-folder';
import type { Confusion } from './confusion';
import { describeConfusion } from './confusion-table';
import { engineOf } from './engines';
import { experimentReport } from './experiment-report';
import { fetched } from './fetched';
import { withFlags } from './flags';
import { earlierOptions, shown } from './growth';
import { Interruption, interruption } from './interruption';
import { invocationOf } from './invocation';
import { needsModel } from './models';
import { readOptions, Script, TrainingOptions } from './options';
import { ReportSection, writeReport } from './report';
import { experimentResult, KeptModel, readResult, ResultRow, writeResult } from './result';
import { contentsOf } from './own-data';
import { describeUnlearned } from './remarks';
import { openRun, RunFolder } from './run-folder';
import { KeptModels, keptModels, MissingModel } from './kept-models';
import { CARD, modelCard } from './model-card';
import { scoreTable } from './score-table';
import { formatTable, megabytes, percent } from './table';
import { openTask, Task } from './task';
import { describeThreads } from './threads';
import { describeWinning } from './winning';

/** What a script's call of its recipe is made from. */
export interface Experiment<Own extends object> extends RecipeOptions {
  readonly options: TrainingOptions & Own;
  readonly task: Task;
}

/** What a script found beside its rows. */
export interface Findings {
  readonly outcomes: readonly Outcome[];
  /** Of the report, after the scores. */
  readonly sections: readonly ReportSection[];
}

/** What a script has otherwise than most. */
export interface ExperimentOptions<Own extends object> {
  /** What is learned; a classification or a regression by default. */
  readonly open?: (options: TrainingOptions & Own) => Promise<Task>;
  /** Refuses options that do not fit the task, before there is a folder of the run. */
  readonly check?: (options: TrainingOptions & Own, task: Task) => Promise<unknown>;
}

/**
 * A training script: reads its options, opens the run's folder, calls the recipe, and leaves `result.json` and `report.html`. A
 * finished run is shown again, an unfinished one goes on.
 *
 * @param recipe the call of a recipe.
 */
export async function experiment<Own extends object>(
  script: Script<Own>,
  argv: readonly string[],
  recipe: (experiment: Experiment<Own>) => Promise<readonly Outcome[] | Findings>,
  { open = openTask, check }: ExperimentOptions<Own> = {},
): Promise<void> {
  const given = readOptions(script, argv);
  const bare = given.model === undefined && given.dataDir === undefined;
  if (open === openTask && given.task !== 'toy' && bare) throw needsModel(given); // rather than download first
  const asked = await fetched(given);
  const task = await open(asked);
  await check?.(asked, task);
  const run = openRun(script.name, { ...asked, ...(await contentsOf(asked)) }, script.grows);
  const options = { ...asked, threads: run.config.environment.threads };
  const signals = interruption();
  const perform = async () => {
    const models = keptModels({
      which: options.save,
      folder: run.folder,
      metric: task.dataset.metric,
      save: task.save,
    });
    const setup = { ...task.setup, engine: announced(engineOf(options), run) };
    const common = { task, setup, folder: run.folder };
    for (const less of earlierOptions(run.config)) {
      const { onOutcome, onTrained } = models; // which models are kept depends on the order
      await recipe({ ...common, options: { ...options, ...less }, listener: { onOutcome, onTrained } });
    }
    const listener = listenerOf(run, task, models, signals);
    return { ...findingsOf(await recipe({ ...common, options, listener })), kept: models };
  };
  try {
    announce(script, run, task, asked);
    let found = await perform();
    const missing = found.kept.missing();
    if (missing.length > 0) {
      missing.forEach((model) => forget(run, model));
      found = await perform();
    }
    const models = found.kept.list({ gzip: run.state !== 'finished' }); // of a finished run the result is there
    await conclude(script, run, task, { ...found, models });
  } catch (error) {
    throw error instanceof Interrupted ? new Interrupted(`${error.message}\n${howToGoOn()}`) : error;
  } finally {
    signals.dispose();
    run.close();
  }
}

const findingsOf = (found: readonly Outcome[] | Findings): Findings =>
  'outcomes' in found ? found : { outcomes: found, sections: [] };

/** A line of the script's output. */
export const print = (text: string) => process.stdout.write(`${printableLines(text)}\n`);

function announce(script: Pick<Script, 'summary'>, run: RunFolder, task: Task, asked: TrainingOptions): void {
  const less = Object.entries(run.config.grownFrom?.at(-1) ?? {});
  const before = less.map(([name, value]) => `, with --${name} ${shown(value)}`).join('');
  const states = {
    new: script.summary,
    unfinished: `This run was started before${before} and goes on.`,
    finished: 'This run is finished already (--force starts it over).',
  };
  print(`${states[run.state]}\n`);
  const [data, model, ...notes] = task.description;
  print(`task    ${data}`);
  print(`model   ${model}`);
  notes.forEach((note) => print(`        ${withFlags(note)}`));
  print(`folder  ${path.relative('', run.folder) || '.'}`);
  const threads = describeThreads(run, asked);
  for (const note of [...run.notices, ...(threads ? [threads] : [])]) print(`note    ${note}`);
}

/** Prints what computes, once. */
function announced(factory: EngineFactory, run: RunFolder): EngineFactory {
  let known = false;
  const telling: EngineFactory = async (model, parameters, loss) => {
    const engine = await factory(model, parameters, loss);
    if (!known) print(`engine  ${engine.description} on ${run.config.environment.processor}\n`);
    known = true;
    return engine;
  };
  return Object.assign(telling, { config: factory.config });
}

function listenerOf(run: RunFolder, task: Task, models: KeptModels, signals: Interruption): Listener {
  const shown = Object.keys(task.setup.metrics);
  const display = displayOn(undefined, { what: 'measured' });
  return {
    callbacks: (label, folder) => [
      tensorboard({ folder, config: { ...run.config, ...label }, hparams: hparamsOf(run, label) }),
      progress({ label: describe(label), place: label }),
      signals.callback,
      { name: 'run folder', onStepEnd: () => run.expectThere() },
    ],
    onTrained(...trained) {
      run.expectThere();
      models.onTrained(...trained);
    },
    onNotice: (notice) => print(`note    ${notice}`),
    onProgress(progress) {
      if (progress.done === progress.total) return display.end();
      display.show(progress);
      signals.expectNone(() => display.end());
    },
    onOutcome(outcome, label, reused) {
      run.expectThere();
      models.onOutcome(outcome, label, reused);
      const { sparsity, metrics, seconds } = outcome;
      const place = `${String(label.index + 1).padStart(String(label.count).length)}/${label.count}`;
      const score = shown.map((name) => `${name} ${metrics[name]!.toFixed(4)}`).join('  ');
      const time = reused ? 'done before' : `${seconds.toFixed(1)} s`;
      print(
        `${place}  ${describe(label).padEnd(24)}  ${score}  ${percent(sparsity).padStart(6)} zeros  ${time}`,
      );
    },
  };
}

/** What tells one training from another: the run's options, and which of its trainings it is. */
function hparamsOf({ config }: RunFolder, { method, seed, level }: Label): TensorboardOptions['hparams'] {
  const { threads } = config.environment;
  return { script: config.script, ...config.options, threads, method, seed, level };
}

function describe({ method, seed, level }: Pick<Label, 'method' | 'seed' | 'level'>): string {
  return `seed ${seed}, ${method}${level ? ` ${level}` : ''}`;
}

interface Concluded extends Findings {
  readonly models: readonly KeptModel[];
}

async function conclude(
  script: Pick<Script, 'name' | 'summary'>,
  run: RunFolder,
  task: Task,
  { outcomes, sections, models }: Concluded,
): Promise<void> {
  run.expectThere();
  const { dataset, majority, baselines } = task;
  const result = experimentResult({
    task: dataset.name,
    metric: dataset.metric,
    majority,
    rows: outcomes.map(rowOf),
    models,
    confusion: await confusionIn(run, task, models),
  });
  print(`\n${formatTable(scoreTable(result, outcomes, baselines))}\n`);
  if (result.winning) print(`${describeWinning(result.winning, result.metric)}\n`);
  const unlearned = describeUnlearned(result);
  if (unlearned) print(`${unlearned}\n`);
  if (result.confusion) print(`${describeConfusion(result.confusion)}\n`);
  if (run.state !== 'finished') {
    const title = `${script.name} on ${dataset.name}`;
    const summary = [script.summary, ...task.description].join('\n\n');
    await writeReport(
      run.file('report'),
      experimentReport({ title, summary, run, result, outcomes, baselines, sections }),
    );
    writeCards(run, task, { outcomes, models });
    writeResult(run.file('result'), result);
  } else {
    const made = models.filter((model) => !fs.existsSync(path.join(run.folder, model.folder, CARD)));
    writeCards(run, task, { outcomes, models: made });
  }
  describeModels(run, models).forEach(print);
  print(
    `${path.relative('', run.file('report'))} shows it, ${path.relative('', run.file('result'))} has the rows.`,
  );
}

/** Each model says in its folder what it is. */
function writeCards(
  { folder, config }: RunFolder,
  task: Task,
  { outcomes, models }: Pick<Concluded, 'outcomes' | 'models'>,
): void {
  for (const model of models) {
    const card = modelCard({ model, config, task, outcomes });
    writeFileAtomically(path.join(folder, model.folder, CARD), card);
  }
}

/** Found once: what a finished run has found stays, whether its model does or not. */
async function confusionIn(
  run: RunFolder,
  task: Task,
  [model]: readonly KeptModel[],
): Promise<Confusion | undefined> {
  if (run.state === 'finished') return readResult(run.file('result')).confusion;
  return model && task.confusion?.(path.join(run.folder, model.folder));
}

/** A model that was kept and is gone is made again: its training, which is the same again, is not known as finished any more. */
function forget({ folder }: RunFolder, { place, label }: MissingModel): void {
  const gone = path.relative('', path.join(folder, place));
  print(
    `note    ${gone}, the model of ${describe(label)}, is not there any more: that part is trained again.`,
  );
  fs.rmSync(trainingFolder(folder, label), { recursive: true });
}

/** Models that are named one by one at the end. */
const NAMED = 4;

/** Which model is where. */
function describeModels({ folder }: RunFolder, models: readonly KeptModel[]): string[] {
  const [first] = models;
  if (!first) return [];
  const place = (model: KeptModel) => path.relative('', path.join(folder, model.folder));
  if (models.length > NAMED) {
    return [
      `${place(first)} is the model of ${describe(first)}; result.json names ${models.length - 1} more.`,
    ];
  }
  return models.map(
    (model) => `${place(model)} is the model of ${describe(model)}: ${describeFiles(model)}.`,
  );
}

/** Files of a model that are worth a word: those of weights. */
function describeFiles({ files }: KeptModel): string {
  const weights = files.filter(({ file }) => /\.(safetensors|onnx)$/.test(file));
  return weights.map(({ file, bytes }) => `${file} ${megabytes(bytes)} MB`).join(', ');
}

/** A row of `result.json`. */
function rowOf(outcome: Outcome): ResultRow {
  const { method, seed, level, options, sparsity, bits, metrics, bytes, footprint } = outcome;
  const { removed, divergence, steps, seconds } = outcome;
  return {
    method,
    seed,
    level,
    options,
    sparsity,
    bits,
    metrics,
    bytes,
    footprint,
    removed,
    divergence,
    steps,
    seconds,
  };
}

/** The command as it was given, but for `--force`, which would start over. */
function howToGoOn(): string {
  const [, script = '', ...options] = process.argv;
  const kept = options.filter((option) => option !== '--force').map(quoted);
  return `Go on with: ${[invocationOf(path.parse(script).name), ...kept].join(' ')}`;
}

const quoted = (text: string) => (/^[\w./=:@%+-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);
