import * as tf from '@tensorflow/tfjs';
import { joinInto, ofRows, Statistic } from '../analysis/statistics';
import { signature } from '../compile/jit';
import { Kept, StagedProgram } from '../compile/staged-program';
import { assign } from '../core/assign';
import { attach, Transform } from '../core/attach';
import { DerivedInput, derivedTensor } from '../core/derived';
import { UserError } from '../core/errors';
import type { HostTensor } from '../core/host-tensor';
import { weightsOf } from '../core/weights';
import { bertConfigOf } from '../models/bert-config-of';
import { maskOf } from '../pruning/model-masks';
import { solveRidge } from '../linear-algebra/ridge';
import { captured, Place } from './captured';
import type { UnlabelledBatches } from './importance';

/** Options of {@link refitOutputs}. */
export interface RefitOptions {
  /** What holds the weights to what they are, as a share of the mean diagonal of `ZᵀZ`. Default 0.01. */
  readonly ridge?: number;
}

/**
 * **Least squares re-fits the output projections** of a BERT that lost heads and neurons (after Kwon et al., 2022, arXiv:2204.09656, and K-prune,
 * Park et al., 2024, arXiv:2308.03449), block after block from the first: with Z what is left of a block's inputs to its output projection, in
 * the small model as it is by then, and E what its sum with the residual, before the norm, lacks of the dense model's,
 *
 * `W ← W + ΔW, b ← b + Δb`, `min ‖Z ΔW + Δb - E‖² + λ ‖ΔW‖²`, `λ = ridge · tr(ZᵀZ) / width`,
 *
 * so that what the residual lost before is made up for, too. Sums are taken over real tokens, those that are read: of the last layer
 * the first ones. Solved in doubles. Where nothing is left of a block, its bias is fitted.
 *
 * @param smaller of as many layers as the dense one, as `shrink` gives it; its output projections are changed in place.
 * @param batches inputIds, attentionMask and tokenTypeIds: a thousand examples do.
 * @throws UserError for models that do not fit together, masks on what is fitted, without data or where all of it is padding, a ridge that is
 *   none, and for numbers that are not finite; then nothing has changed.
 */
export async function refitOutputs(
  dense: tf.LayersModel,
  smaller: tf.LayersModel,
  batches: UnlabelledBatches,
  { ridge = 1e-2 }: RefitOptions = {},
): Promise<void> {
  if (!(ridge >= 0 && ridge < Infinity)) {
    throw new UserError(`Expected \`ridge\` to be a number of at least 0, got ${ridge}; 0.01 is usual.`);
  }
  const blocks = blocksOf(dense, smaller);
  if (batches.length === 0) throw new UserError('Expected batches to fit output projections on, got none.');
  const attachments = blocks.flatMap(({ weights }) =>
    weights.map(({ layer, name, values }) => attach(layer, name, given(values))),
  );
  try {
    await inTurn(dense, smaller, batches, blocks, (block, normal) => fit(block, normal, ridge));
    for (const { weights } of blocks) {
      weights.forEach(({ variable, values }) => assign(variable, values.data.slice() as Float32Array));
    }
  } finally {
    attachments.forEach((attachment) => attachment.detach());
  }
}

/** Attention or feed-forward network of a layer, with its output projection. */
interface Block {
  readonly path: string;
  /** Units that are left, as wide as they are. */
  readonly width: number;
  /** Kernel, where anything is left to be read, and bias. */
  readonly weights: readonly FittedWeight[];
}

interface FittedWeight {
  readonly layer: tf.layers.Layer;
  readonly name: string;
  readonly variable: tf.Variable;
  /** What it is by now. */
  readonly values: DerivedInput;
}

function blocksOf(dense: tf.LayersModel, smaller: tf.LayersModel): Block[] {
  const [before, after] = [bertConfigOf(dense), bertConfigOf(smaller)];
  if (before.layers !== after.layers || before.hiddenSize !== after.hiddenSize) {
    throw new UserError(
      `Expected a model of ${before.layers} layers, ${before.hiddenSize} wide, as the dense one is, got ${after.layers} layers, ` +
        `${after.hiddenSize} wide.`,
    );
  }
  return after.heads.flatMap((heads, i) => [
    blockOf(smaller, `encoder/${i}/attention`, 'output', heads * after.headSize),
    blockOf(smaller, `encoder/${i}/ffn`, 'down', after.intermediateSize[i]!),
  ]);
}

function blockOf(model: tf.LayersModel, path: string, projection: string, width: number): Block {
  const layer = model.getLayer(`${path}/${projection}`);
  const weights = weightsOf(model).filter((weight) => weight.layer === layer);
  const masked = weights.find(({ variable }) => maskOf(variable));
  if (masked) {
    throw new UserError(
      `Expected output projections without masks to fit, got one of "${masked.path}"; clearMasks(model) if they may change.`,
    );
  }
  return {
    path,
    width,
    weights: weights.map(({ name, variable, path: weight }) => ({
      ...{ layer, name, variable },
      values: {
        ...{ name: weight, dtype: 'float32', shape: variable.shape, refresh: () => undefined },
        data: Float32Array.from(variable.dataSync()),
      },
    })),
  };
}

/** Computes with values that lie elsewhere. */
const given = (values: DerivedInput): Transform => ({
  ...{ revision: 'given', elementwise: true, state: () => ({}), dispose: () => undefined },
  apply: () => derivedTensor(values),
});

/**
 * Gives the normal equations of each block, `[Z 1]ᵀ [Z 1 E]`, with those before it as they were changed by then, in the time of about one pass of
 * both models over the data.
 */
async function inTurn(
  dense: tf.LayersModel,
  smaller: tf.LayersModel,
  batches: UnlabelledBatches,
  blocks: readonly Block[],
  change: (block: Block, normal: Float64Array) => Promise<void>,
): Promise<void> {
  const stages = blocks.map(({ weights }) => ({ results: 1, changes: weights.map(({ values }) => values) }));
  const programs = new Map<string, StagedProgram>();
  const runs: { batch: readonly HostTensor[]; program: StagedProgram; kept: Kept }[] = [];
  try {
    for (const batch of batches) {
      const key = signature(batch);
      const program =
        programs.get(key) ??
        (await StagedProgram.compile((...xs) => equations(dense, smaller, blocks, xs), batch, stages));
      programs.set(key, program);
      runs.push({ batch, program, kept: new Map() });
    }
    for (const [stage, block] of blocks.entries()) {
      let total: Float64Array | undefined;
      for (const { batch, program, kept } of runs) {
        const [{ data }] = (await program.run(stage, batch, kept)) as [HostTensor];
        if (total) joinInto('sum', total, data);
        else total = Float64Array.from(data);
      }
      for (const program of programs.values()) await program.release(stage);
      await change(block, total!);
    }
  } finally {
    for (const program of programs.values()) await program.release();
  }
}

/** Of each block, [width + 1, width + 1 + hiddenSize], of one batch. */
function equations(
  dense: tf.LayersModel,
  smaller: tf.LayersModel,
  blocks: readonly Block[],
  xs: readonly tf.Tensor[],
): tf.Tensor[] {
  return tf.tidy(() => {
    const sums = blocks.map(({ path }) => `${path}/add`);
    const wanted = captured(
      dense,
      xs,
      sums.map((name) => [dense.getLayer(name), 'output']),
    );
    const read = blocks.flatMap(({ width, weights }): Place[] =>
      width > 0 ? [[weights[0]!.layer, 'input']] : [],
    );
    const seen = captured(smaller, xs, [
      ...sums.map((name): Place => [smaller.getLayer(name), 'output']),
      ...read,
    ]);
    const inputs = seen.slice(blocks.length);
    return blocks.map(({ width }, i) =>
      normal(width > 0 ? inputs.shift()! : undefined, lacking(wanted[i]!, seen[i]!), xs[1]!),
    );
  });
}

/** What the sum of one model lacks of that of another, which may have been computed for more tokens: [batch, time, hiddenSize]. */
function lacking(wanted: tf.Tensor, is: tf.Tensor): tf.Tensor {
  return wanted.slice([0, 0, 0], is.shape as [number, number, number]).sub(is);
}

/** `Σ [z 1]ᵀ [z 1 e]` over the rows of real tokens. */
function normal(z: tf.Tensor | undefined, e: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const [batch, time, hidden] = e.shape as [number, number, number];
  const rows = batch * time;
  const ones = tf.ones([rows, 1]);
  const parts = [...(z ? [z.reshape([rows, -1])] : []), ones, e.reshape([rows, hidden])];
  const width = z ? z.shape[2]! + 1 : 1;
  const statistic: Statistic = {
    of: (x, counts) => tf.matMul(x.slice([0, 0], [x.shape[0], width]).mul(counts), x, true, false),
    join: 'sum',
  };
  const counts = mask.slice([0, 0], [batch, time]).toFloat().reshape([rows, 1]);
  return ofRows(statistic, tf.concat(parts, 1) as tf.Tensor2D, counts as tf.Tensor2D);
}

/** Puts the solution into a block's weights. */
async function fit({ path, width, weights }: Block, normal: Float64Array, ridge: number): Promise<void> {
  const columns = normal.length / (width + 1);
  if (!normal.every(Number.isFinite)) {
    throw new UserError(
      `Expected finite numbers to fit the output of "${path}" on, got NaN or an infinity; look at the data and the model.`,
    );
  }
  const diagonal = (i: number) => normal[i * columns + i]!;
  let power = 0;
  for (let i = 0; i < width; i++) power += diagonal(i);
  const lambda = Math.max((ridge * power) / width, Number.MIN_VALUE);
  const rows = diagonal(width);
  if (rows === 0) {
    throw new UserError('Expected texts with real tokens to fit output projections on, got padding alone.');
  }
  const change = await solveRidge(normal, [...new Array<number>(width).fill(lambda), BIAS_RIDGE * rows]);
  const [bias, kernel] = [weights.at(-1)!, weights.at(-2)];
  const size = columns - width - 1;
  kernel?.values.data.forEach((value, i, data) => (data[i] = value + change[i]!));
  bias.values.data.forEach((value, i, data) => (data[i] = value + change[width * size + i]!));
}

/** Holds a bias to what it is, as a share of the number of rows. */
const BIAS_RIDGE = 1e-6;
