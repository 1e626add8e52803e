import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../lib/core/errors';
import { HostTensor, hostTensor } from '../lib/core/host-tensor';
import { readSafetensors, writeSafetensors } from '../lib/export/safetensors';
import type { CallbackState, Evaluation, Json } from './callback';
import { checkpointStore } from './checkpoint-store';
import { parseExact, stringifyExact } from './exact-json';
import { captureModel, ModelState, restoreModel, tensorOf } from './model-state';
import type { Parameters } from './parameters';
import type { Run } from './run';
import type { CheckpointOptions } from './train-options';

/** The checkpoints of one run. */
export interface Checkpoints {
  /** Saves everything that the run's future depends on. */
  save(run: Run): Promise<void>;
  /**
   * Puts the newest whole checkpoint back, if there is one.
   *
   * @throws UserError if it is of a run with another plan, model or other callbacks.
   */
  restore(run: Run): void;
  /** Lets another process have the folder. */
  close(): void;
}

const STATE = 'state.json';
const TENSORS = 'tensors.safetensors';

/** What `state.json` holds. Epoch, data cursor and tick follow from the step and the plan. */
interface State {
  readonly step: number;
  readonly plan: Readonly<Record<string, Json>>;
  readonly losses: readonly number[];
  readonly evaluations: readonly Evaluation[];
  readonly stopped: string | null;
  readonly callbacks: Readonly<Record<string, Json>>;
}

/** Opens a folder of checkpoints (see `checkpointStore`); each is `tensors.safetensors` and `state.json`. */
export function openCheckpoints({ folder, onNotice = warn }: CheckpointOptions): Checkpoints {
  const store = checkpointStore(folder, onNotice);
  return {
    async save(run) {
      const callbacks = callbackStates(run);
      const tensors = await tensorsOf(run, callbacks);
      const state = stateOf(run, callbacks);
      store.save(run.step, (into) => {
        writeSafetensors(path.join(into, TENSORS), tensors);
        fs.writeFileSync(path.join(into, STATE), stringifyExact(state));
      });
    },
    restore(run) {
      const latest = store.latest();
      if (latest !== undefined) restore(run, latest);
    },
    close: store.close,
  };
}

const warn = (notice: string) => process.emitWarning(notice, { type: 'CheckpointWarning' });

function callbackStates(run: Run): [name: string, state: CallbackState][] {
  return run.callbacks.flatMap((callback) => (callback.state ? [[callback.name, callback.state()]] : []));
}

async function tensorsOf(
  run: Run,
  callbacks: ReturnType<typeof callbackStates>,
): Promise<Map<string, HostTensor>> {
  return new Map([
    ...Object.entries(await captureModel(run.model, run.parameters)),
    ...momentsOf(run.parameters),
    ...callbacks.flatMap(([name, { tensors = {} }]) => withPrefix(tensors, `callbacks/${name}/`)),
  ]);
}

function momentsOf(parameters: Parameters): [string, HostTensor][] {
  return parameters.list.flatMap(({ path, variable, slots }) =>
    Object.entries(slots).map(([slot, moment]): [string, HostTensor] => [
      `moments/${slot}/${path}`,
      hostTensor(moment, [...variable.shape]),
    ]),
  );
}

function stateOf(run: Run, callbacks: ReturnType<typeof callbackStates>): State {
  return {
    step: run.step,
    plan: planOf(run),
    losses: run.losses,
    evaluations: run.evaluations,
    stopped: run.stopped ?? null,
    callbacks: Object.fromEntries(callbacks.map(([name, { values = null }]) => [name, values])),
  };
}

/** What must be the same for a checkpoint to fit. The number of steps may differ: a finished run can be made longer. */
function planOf({ plan, options, seed }: Run): State['plan'] {
  const { batchesPerEpoch, accumulation } = plan;
  const { data, optimizer, startStep = 0 } = options;
  return {
    examples: data.examples,
    batchesPerEpoch,
    accumulation,
    optimizer: optimizer.name,
    seed,
    startStep,
  };
}

function restore(run: Run, folder: string): void {
  const state = readState(path.join(folder, STATE));
  expectSamePlan(planOf(run), state.plan, folder);
  expectSameCallbacks(run, state, folder);
  const file = path.join(folder, TENSORS);
  const tensors = Object.fromEntries(readSafetensors(file));
  restoreModel(run.model, run.parameters, tensors);
  for (const [name, { data, shape }] of momentsOf(run.parameters))
    data.set(tensorOf(tensors, name, shape).data);
  restoreCallbacks(run, state, tensors);
  run.step = state.step;
  run.losses = [...state.losses];
  run.evaluations = [...state.evaluations];
  run.stopped = state.stopped ?? undefined;
}

const readState = (file: string) => parseExact(fs.readFileSync(file, 'utf8')) as unknown as State;

function expectSamePlan(now: State['plan'], saved: State['plan'], folder: string): void {
  const different = Object.keys(now).filter((key) => now[key] !== saved[key]);
  if (different.length === 0) return;
  const changes = different.map((key) => `${key} was ${saved[key]} and is ${now[key]}`);
  throw new UserError(
    `The checkpoint ${folder} is of another run: ${changes.join(', ')}. Start over in another folder.`,
  );
}

function expectSameCallbacks(run: Run, state: State, folder: string): void {
  const [now, saved] = [statefulOf(run).map(({ name }) => name), Object.keys(state.callbacks)];
  if (now.toSorted().join() === saved.toSorted().join()) return;
  throw new UserError(
    `The checkpoint ${folder} is of a run with other callbacks: it has the state of ${saved.join(', ') || 'none'}, ` +
      `and this run has ${now.join(', ') || 'none'}. Start over in another folder.`,
  );
}

const statefulOf = ({ callbacks }: Run) => callbacks.filter(({ restore }) => restore);

function restoreCallbacks(run: Run, state: State, tensors: ModelState): void {
  for (const callback of statefulOf(run)) {
    callback.restore?.({
      values: state.callbacks[callback.name] as Json,
      tensors: withoutPrefix(tensors, `callbacks/${callback.name}/`),
    });
  }
}

function withPrefix(tensors: ModelState, prefix: string): [string, HostTensor][] {
  return Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]);
}

function withoutPrefix(tensors: ModelState, prefix: string): ModelState {
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
