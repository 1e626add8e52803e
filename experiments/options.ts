import * as os from 'node:os';
import { Command, Option } from 'commander';
import { GLUE_TASKS, GlueTask } from '../datasets/glue-tasks';
import { MOST_THREADS } from '../lib/compile/open-session';
import { UserError } from '../lib/core/errors';
import { parseWithFile } from './config-file';
import { invocationOf } from './invocation';
import { OptimizerOptions, optimizerOptions, withoutUsual } from './optimizer-options';
import { checkOwnData, OwnDataOptions, ownDataOptions } from './own-data';
import { absolute, folderOrName, positive, whole } from './parse';
import { checkTeacher, TeacherOptions, teacherOptions } from './teacher';

export const TASKS = ['toy', ...(Object.keys(GLUE_TASKS) as GlueTask[])] as const;
export const ENGINES = ['compiled', 'eager'] as const;

/** Which of a run's models are kept; the default first. */
export const SAVES = ['best', 'last', 'all'] as const;
export type Save = (typeof SAVES)[number];

export type TaskName = (typeof TASKS)[number];

/** What every training script is told, after defaults: the same names everywhere. */
export interface TrainingOptions extends OwnDataOptions, TeacherOptions, OptimizerOptions {
  /** `data` is data of the user's own. */
  readonly task: TaskName | 'data';
  /** Folder of GLUE folders (`CoLA`, `SST-2`, …); the toy task has none, and others are downloaded where it is not given. */
  readonly dataDir?: string;
  /** Hugging Face folder to start from, or a name on the Hub; without one, a tiny BERT with random weights. */
  readonly model?: string;
  /** Download nothing. */
  readonly offline: boolean;
  /** Keep the first encoder layers only. */
  readonly layers?: number;
  /** Keep the first training rows only. */
  readonly limit?: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** The peak, after the warm-up. */
  readonly learningRate: number;
  /** Pieces of a sentence, `[CLS]` and `[SEP]` included. */
  readonly maxLength: number;
  /** Evaluations in a row without a better score after which training ends with the best model; never where it is absent. */
  readonly earlyStopping?: number;
  readonly engine: (typeof ENGINES)[number];
  /** Where the engine runs: a tfjs backend for the eager one, an onnxruntime provider for the compiled one. */
  readonly backend: string;
  readonly threads: number;
  readonly seed: number;
  /** The run's folder; a name made from the other options where it was not given. */
  readonly out?: string;
  /** Which trained models are kept. */
  readonly save: Save;
  /** A file of options that were not given otherwise. */
  readonly config?: string;
  /** Start over. */
  readonly force: boolean;
  /** Smaller defaults, to see everything work. */
  readonly quick: boolean;
}

/** What the author of a script decides for each kind of task; every field is also an option. */
export interface TaskDefaults {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly maxLength: number;
}

/** A script as the command line sees it. `Own` are the options that only it has. */
export interface Script<Own extends object = object> {
  /** Its file's name, without the ending. */
  readonly name: string;
  readonly summary: string;
  /** Defaults by task; `quick` replaces some of them under `--quick`. */
  readonly defaults: {
    readonly toy: TaskDefaults & Own;
    readonly glue: TaskDefaults & Own;
    readonly quick: Partial<TaskDefaults & Own>;
  };
  /** The fewest epochs that make sense; 1 by default, 0 where a trained model will do as it is. */
  readonly leastEpochs?: 0 | 1;
  /** Nothing in its training must reach an end, but for the learning rate: `--early-stopping` may end it before. */
  readonly mayStop?: true;
  /** The options that only this script has; their defaults are above, too. */
  readonly own?: readonly Option[];
  /** The options once those that follow from others do; as they are by default. */
  readonly settled?: (options: TrainingOptions & Own) => TrainingOptions & Own;
  /** Options of which a run may be given more later: larger numbers, or further values. What is finished stays so, and rows are added. */
  readonly grows?: readonly string[];
}

/** Defaults that most scripts share, with their own. */
export const usualDefaults = <Own extends object>(
  own: Own,
): Pick<Script<Own>['defaults'], 'toy' | 'glue'> => ({
  toy: { epochs: 4, batchSize: 32, learningRate: 1e-3, maxLength: 32, ...own },
  glue: { epochs: 3, batchSize: 32, learningRate: 5e-5, maxLength: 128, ...own },
});

type Given = Partial<Record<string, string | number | boolean | readonly string[]>>;

/**
 * Reads a training script's command line. What was not given comes from the script's defaults for the task, or for `--quick`.
 *
 * @throws CommanderError for an unknown option or a value that does not fit, and for `--help` (exit code 0); UserError for
 *   options that do not fit together.
 */
export function readOptions<Own extends object>(
  script: Script<Own>,
  argv: readonly string[],
): TrainingOptions & Own {
  const parse = (given: readonly string[]) => trainingCommand(script).parse([...given], { from: 'user' });
  const command = parseWithFile(parse, argv);
  const given = command.opts<Given>();
  checkOwnData(given);
  checkTeacher(given);
  expectToReachItsEnd(script, given);
  const { toy, glue, quick } = script.defaults;
  const task = given['data'] === undefined && given['text'] === undefined ? given['task'] : 'data';
  const engine = given['engine'] as TrainingOptions['engine'];
  const options = {
    ...(task === 'toy' ? toy : glue),
    ...(given['quick'] ? quick : {}),
    threads: os.availableParallelism(),
    backend: engine === 'compiled' ? 'cpu' : 'wasm',
    ...withoutUsual(given),
    task,
  } as unknown as TrainingOptions & Own;
  return script.settled?.(options) ?? options;
}

function trainingCommand<Own extends object>(script: Script<Own>): Command {
  const defaultOf = (name: keyof TaskDefaults) => describeDefault(name, script);
  const command = plainCommand(script.name, script.summary)
    .addOption(new Option('--task <name>', 'what to learn').choices(TASKS).default('toy'))
    .option(
      '--data-dir <folder>',
      'folder of GLUE folders (CoLA, SST-2, …) (default: downloaded for the task)',
      absolute,
    );
  ownDataOptions().forEach((option) => command.addOption(option));
  command
    .option(
      '--model <folder or name>',
      'Hugging Face BERT to start from: a folder, or owner/name of the Hub (default: a tiny BERT, random)',
      folderOrName,
    )
    .option('--offline', 'download nothing: say what is missing', false)
    .option('--layers <n>', 'keep the first n encoder layers (default: all)', whole(1))
    .option('--limit <n>', 'keep the first n training rows (default: all)', whole(1))
    .option(
      '--epochs <n>',
      `passes over the training rows ${defaultOf('epochs')}`,
      whole(script.leastEpochs ?? 1),
    )
    .option('--batch-size <n>', `sentences per step ${defaultOf('batchSize')}`, whole(1))
    .option('--learning-rate <rate>', `peak, after the warm-up ${defaultOf('learningRate')}`, positive);
  optimizerOptions().forEach((option) => command.addOption(option));
  command.option(
    '--max-length <n>',
    `pieces of a sentence that are read ${defaultOf('maxLength')}`,
    whole(4),
  );
  command.option(
    '--early-stopping <evaluations>',
    'end training when so many evaluations in a row, one an epoch, bring no better score, and take the best model (default: never)',
    whole(1),
  );
  script.own?.forEach((option) => command.addOption(withDefaults(option, script)));
  teacherOptions().forEach((option) => command.addOption(option));
  return withRunOptions(command);
}

/** What computes, and what becomes of the run. */
function withRunOptions(command: Command): Command {
  return command
    .addOption(new Option('--engine <name>', 'what computes').choices(ENGINES).default('compiled'))
    .option('--backend <name>', 'where: cpu for compiled; wasm, cpu or tensorflow for eager')
    .option(
      '--threads <n>',
      'threads of the compiled engine, those of its start for a run that goes on (default: one per core)',
      whole(1, MOST_THREADS),
    )
    .option('--seed <n>', 'of the first weights, the data order and dropout', whole(0), 0)
    .option(
      '--out <folder>',
      "the run's folder (default: runs/<script>-<task or name of the data>-<hash of the options>)",
      absolute,
    )
    .addOption(
      new Option(
        '--save <which>',
        "models to keep: best, the method's best row in <out>/model (the dense one where the method is dense training; never a control; " +
          'of equal scores the sparser); last, that of the last training; all, each as model in the folder of its training',
      )
        .choices(SAVES)
        .default(SAVES[0]),
    )
    .option(
      '--config <file>',
      "JSON, or .yaml, of options that are not given here, by their names in a run's config.json, or that file itself; paths as on the command line",
      absolute,
    )
    .option('--force', 'start over where the folder holds a run already', false)
    .option('--quick', 'smaller defaults: see it all work in less than 45 seconds', false);
}

/** @throws UserError for a training that is not to be ended before its schedules are. */
function expectToReachItsEnd(
  { name, mayStop }: Pick<Script, 'name' | 'mayStop'>,
  { earlyStopping }: Given,
): void {
  if (earlyStopping === undefined || mayStop) return;
  throw new UserError(
    `Expected no --early-stopping with ${name}, whose schedules and comparisons need every step; give it to finetune, and its model to ` +
      `${name} by --model.`,
  );
}

/** `(default: 3 on the toy task, 5 elsewhere, 1 with --quick)` */
function describeDefault<Own extends object>(name: string, { defaults }: Script<Own>): string {
  const of = (values: object) => (values as Record<string, unknown>)[name];
  const [toy, glue, quick] = [of(defaults.toy), of(defaults.glue), of(defaults.quick)].map(
    (value) => value && [value].flat().join(' '),
  );
  if (toy === undefined && glue === undefined) return '';
  const both = toy === glue ? toy : `${toy} on the toy task, ${glue} elsewhere`;
  return `(default: ${both}${quick === undefined ? '' : `, ${quick} with --quick`})`;
}

function withDefaults<Own extends object>(option: Option, script: Script<Own>): Option {
  const name = option.attributeName();
  const more = script.grows?.includes(name) ? '; more are added to a finished run' : '';
  option.description = `${option.description}${more} ${describeDefault(name, script)}`.trimEnd();
  return option;
}

/** A command whose mistakes are thrown, in one sentence, instead of ending the process. */
export function plainCommand(name: string, summary: string): Command {
  return new Command(invocationOf(name))
    .description(summary)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
}
