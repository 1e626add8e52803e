import * as path from 'node:path';
import { readHost } from '../../lib/core/host-tensor';
import { streamKey } from '../../lib/core/random';
import { weightsOf } from '../../lib/core/weights';
import { global } from '../../lib/pruning/distribution';
import { MaskSet, sparsityOf } from '../../lib/pruning/mask';
import { PrunableWeight, prune } from '../../lib/pruning/prune';
import { randomMasks, rewind } from '../../lib/pruning/rewind';
import { classifiersOf, defaultTargets } from '../../lib/pruning/targets';
import type { Callback } from '../callback';
import type { Parameter } from '../parameters';
import { Handover, readHandover, readWeights, Weights, writeHandover } from './handover';
import type { LotteryTicketOptions } from './lottery-ticket-options';
import { rewindPoint } from './rewind-point';
import type { Label, Outcome } from './setup';
import { openSubject, Subject } from './subject';
import { trainMethod } from './train-method';
import { trainingFolder } from './trainings';

/** The model of one seed, and its first weights. */
export interface Ticket extends Subject {
  readonly first: Weights;
}

export async function openTicket({ setup }: LotteryTicketOptions, seed: number): Promise<Ticket> {
  const subject = await openSubject(setup, await setup.model(seed));
  return { ...subject, first: subject.parameters.snapshot().weights };
}

/** One training of a chain: puts the model where it starts, trains it, and leaves to the next level what that needs. */
export async function trainLevel(
  options: LotteryTicketOptions,
  ticket: Ticket,
  label: Label,
  folder: string,
): Promise<Outcome> {
  const { rewindStep = 0, observer, levels } = options;
  const { method, seed, level = 0 } = label;
  const start = await startOf(options, ticket, label);
  place(ticket, start);
  const saveRewindPoint = level === 0 && rewindStep > 0;
  const callbacks = [
    sparsityLog(start.masks),
    ...(saveRewindPoint ? [rewindPoint(rewindStep, rewindFile(options, seed))] : []),
  ];
  const outcome = await trainMethod(ticket, label, { folder, observer, callbacks });
  const isLink = method === 'dense' || method === 'ticket';
  if (isLink && level < levels) {
    writeHandover(path.join(folder, HANDOVER), handoverFrom(options, ticket, level + 1, start.masks));
  }
  await observer?.onTrained?.(ticket.model, label, outcome);
  return outcome;
}

/** Logs the sparsity of masks that stay as they are. */
function sparsityLog(masks: MaskSet): Callback {
  return {
    name: 'sparsity-log',
    onTrainBegin(training) {
      if (training.step > 0) return;
      training.log('sparsity/total', sparsityOf(masks));
      for (const [path, mask] of masks) training.log(`sparsity/${path}`, sparsityOf(new Map([[path, mask]])));
    },
  };
}

const HANDOVER = 'handover.safetensors';

function rewindFile({ folder }: LotteryTicketOptions, seed: number): string {
  return path.join(folder, `seed-${seed}`, 'rewind.safetensors');
}

/** What a training begins with. */
interface Start {
  readonly weights: Weights;
  readonly masks: MaskSet;
}

async function startOf(options: LotteryTicketOptions, { first }: Ticket, label: Label): Promise<Start> {
  const { method, seed, level = 0 } = label;
  if (level === 0) return { weights: first, masks: new Map() };
  const { masks, kept } = handoverTo(options, seed, level);
  if (method === 'reinit') {
    return { weights: await otherFirstWeights(options, streamKey(seed, level, 'reinit')), masks };
  }
  const rewound = options.rewindStep ? readWeights(rewindFile(options, seed)) : first;
  const weights = new Map([...rewound, ...kept]);
  return {
    weights,
    masks: method === 'random' ? randomMasks(masks, streamKey(seed, level, 'random')) : masks,
  };
}

async function otherFirstWeights(options: LotteryTicketOptions, seed: number): Promise<Weights> {
  const model = await (options.reinitialized ?? options.setup.model)(seed);
  const weights = new Map<string, Float32Array>();
  for (const { path, variable } of weightsOf(model)) {
    weights.set(path, (await readHost(variable)).data.slice() as Float32Array);
  }
  model.dispose();
  return weights;
}

/** Weights, masks and optimizer moments as they are before the first step. */
function place({ parameters }: Subject, { weights, masks }: Start): void {
  for (const { path, slots } of parameters.list) {
    for (const moment of Object.values(slots)) moment.fill(0);
    parameters.setMask(path, masks.get(path));
  }
  rewind(new Map(parameters.list.map((parameter) => [parameter.path, parameter.weights])), weights, masks);
  parameters.upload();
}

/** What the trained model of one level, with these masks, leaves to the next level. */
function handoverFrom(
  options: LotteryTicketOptions,
  { model, parameters }: Subject,
  level: number,
  masks: MaskSet,
): Handover {
  const { sparsity, distribution = global(), head } = options;
  const targets = new Set(defaultTargets(model).map(({ path }) => path));
  const classifiers = classifiersOf(model);
  const heads = new Set(
    weightsOf(model).flatMap(({ path, layer }) => (classifiers.has(layer) ? [path] : [])),
  );
  const prunable = parameters.list.filter(({ path }) => targets.has(path));
  const kept = head === 'kept' ? parameters.list.filter(({ path }) => heads.has(path)) : [];
  return {
    masks: prune(sparsity(level), new Map(prunable.map(asPrunable)), masks, { distribution }),
    kept: new Map(kept.map(({ path, weights }) => [path, weights])),
  };
}

function asPrunable({ path, weights, variable }: Parameter): [string, PrunableWeight] {
  return [path, { data: weights, shape: variable.shape }];
}

/** What the level before left to this one. */
function handoverTo({ folder }: LotteryTicketOptions, seed: number, level: number): Handover {
  const before = { seed, level: level - 1, method: level === 1 ? 'dense' : 'ticket' };
  return readHandover(path.join(trainingFolder(folder, before), HANDOVER));
}
