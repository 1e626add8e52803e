import fs from 'node:fs';
import path from 'node:path';
import {
  type Fields,
  isCount,
  isNumber,
  isRecord,
  isText,
  listOf,
  mapOf,
  misfit,
  optional,
  recordOf,
} from '../lib/core/checks';
import type { Json } from '../lib/core/config';
import { describeDifferences, differences } from '../lib/core/differences';
import { UserError } from '../lib/core/errors';
import { HostTensor, hostTensor } from '../lib/core/host-tensor';
import { readSafetensors, writeSafetensors } from '../lib/export/safetensors';
import type { CallbackState, Evaluation } from './callback';
import { checkpointStore, stepOf } from './checkpoint-store';
import { parseExact, stringifyExact } from './exact-json';
import type { Identity } from './identity';
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
   * @throws UserError if it is of another run, with what differs.
   */
  restore(run: Run): Promise<void>;
  /** Lets another process have the folder. */
  close(): void;
}

const STATE = 'state.json';
const TENSORS = 'tensors.safetensors';

/** What `state.json` holds. Epoch, data cursor and tick follow from the step and the plan. */
interface State {
  readonly step: number;
  readonly identity: Identity;
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
      const state = stateOf(run, await run.identity(), callbacks);
      store.save(run.step, (into) => {
        writeSafetensors(path.join(into, TENSORS), tensors);
        fs.writeFileSync(path.join(into, STATE), stringifyExact(state));
      });
    },
    async restore(run) {
      const latest = store.latest();
      if (latest !== undefined) restore(run, await run.identity(), latest);
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

function stateOf(run: Run, identity: Identity, callbacks: ReturnType<typeof callbackStates>): State {
  return {
    step: run.step,
    identity,
    losses: run.losses,
    evaluations: run.evaluations,
    stopped: run.stopped ?? null,
    callbacks: Object.fromEntries(callbacks.map(([name, { values = null }]) => [name, values])),
  };
}

function restore(run: Run, identity: Identity, folder: string): void {
  const state = readState(path.join(folder, STATE), stepOf(folder));
  expectSame(state.identity, identity, folder);
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

const FIELDS: Fields = {
  step: isCount,
  identity: isRecord,
  losses: listOf(isNumber),
  evaluations: listOf(recordOf({ step: isCount, metrics: mapOf(isNumber) })),
  stopped: optional(isText),
  callbacks: isRecord,
};

/** @throws UserError for what is no state of a training at that step, whatever its digest says. */
function readState(file: string, step: number): State {
  const state = parsed(file);
  if (isRecord(state) && misfit(state, FIELDS) === undefined && state['step'] === step)
    return state as unknown as State;
  throw new UserError(
    `Expected the state of a training at step ${step} in ${file}, got something else; put back a copy, or move the checkpoints away to start over.`,
  );
}

/** Undefined for what is no JSON. */
function parsed(file: string): unknown {
  try {
    return parseExact(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function expectSame(saved: Identity, now: Identity, folder: string): void {
  const different = differences(saved, now);
  if (different.length === 0) return;
  throw new UserError(
    `The checkpoint ${folder} is of another run: ${describeDifferences(different)}. Start over in another folder.`,
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
