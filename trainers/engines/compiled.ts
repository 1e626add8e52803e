import * as os from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { allLabels, type Batch } from '../../datasets/batch';
import { ProgramCache } from '../../lib/compile/cache';
import { signature } from '../../lib/compile/jit';
import { Program, ProgramOptions, Sink } from '../../lib/compile/program';
import { Scratch } from '../../lib/compile/scratch';
import { Traceable } from '../../lib/compile/trace';
import { atClock } from '../../lib/core/clock';
import { compressedOf } from '../../lib/compress/compressed';
import { configured } from '../../lib/core/config';
import { forwardThrough } from '../../lib/forward/forward';
import type { HostTensor } from '../../lib/core/host-tensor';
import { revisionOf } from '../../lib/core/revision';
import { Engine, EngineFactory, expectToTrain, objective, START } from '../engine';
import { inferenceOfCodes } from './inference-of-codes';
import { checkedInference, type Inference } from '../inference';
import type { Loss } from '../losses';
import type { Parameter, Parameters } from '../parameters';
import { borrowBackend } from './borrowed-backend';

/** Options of {@link compiledEngine}. */
export interface CompiledEngineOptions extends Omit<ProgramOptions, 'scratch'> {
  /** Programs kept, one per shape of a batch; the one unused for longest goes first. Default 32. */
  readonly maxPrograms?: number;
  /**
   * Threads of one operator, on whose number the last bits of sums may depend: give it where they are to be the same on machines with other
   * cores. Default on the cpu: one per core that this process may use.
   */
  readonly threads?: number;
}

/**
 * The default engine: forward and backward pass as one onnxruntime program per shape of a batch, compiled again when the model
 * changes (something attached, frozen, cut to another shape). Gradients are written straight into the parameters' memory. A model
 * that computes with codes answers as its ONNX file does, bit for bit. Same processor, versions and threads, same bits: another number of
 * threads may add up in another order. From the factory's call on, tfjs's current backend is `cpu`, and the one before is again after
 * `dispose`.
 *
 * @example const engine = compiledEngine({ threads: 2 }); // for train({ engine, ... })
 */
export function compiledEngine(options: CompiledEngineOptions = {}): EngineFactory {
  const { maxPrograms = 32, provider = 'cpu', integerPath } = options;
  const threads = options.threads ?? (provider === 'cpu' ? os.availableParallelism() : undefined);
  const settings = { ...options, threads };
  const factory: EngineFactory = async (subject, parameters, loss) => {
    const compressed = compressedOf(subject);
    const { model } = compressed;
    const cpu = await borrowBackend('cpu'); // where variables share memory with the programs
    const [steps, predictions] = [new ProgramCache(maxPrograms), new ProgramCache(maxPrograms)];
    const scratch = new Scratch();
    const run = <T>(
      cache: ProgramCache,
      fn: Traceable,
      inputs: readonly HostTensor[],
      body: (program: Program) => Promise<T>,
    ): Promise<T> => {
      cpu.use();
      const compile = () =>
        Program.compile(fn, inputs, cache === steps ? { ...settings, scratch } : settings);
      return cache.use(`${signature(inputs)}|${revisionOf(model)}`, compile, body);
    };
    const answers = (xs: readonly HostTensor[], several: boolean): Promise<HostTensor[]> => {
      const answer = (...inputs: tf.Tensor[]) =>
        forwardThrough(model, inputs, { pass: 'inference', several });
      return run(predictions, answer, xs, async (program) =>
        (await program.run(xs)).map(({ data, ...rest }) => ({ ...rest, data: data.slice() })),
      );
    };
    const inference: Inference = {
      predict: async (xs) => (await answers(xs, false))[0]!,
      outputs: (xs) => answers(xs, true),
      dispose: async () => undefined,
    };
    const codes = inferenceOfCodes(compressed, settings);
    return {
      description: `compiled (onnxruntime ${provider}${threads ? `, ${threads} threads` : ''})`,
      gradients: async (batch, { accumulate, clock = START }) => {
        expectToTrain(compressed);
        const inputs = inputsOf(batch);
        return run(steps, trainingStep(model, parameters, loss), inputs, (program) =>
          atClock(clock, () => runStep(program, inputs, parameters, accumulate)),
        );
      },
      inference: async () => checkedInference((await codes()) ?? inference, model),
      use: () => cpu.use(),
      dispose: () => {
        cpu.giveBack();
        void Promise.all([steps.dispose(), predictions.dispose()]);
      },
    } satisfies Engine;
  };
  return configured(factory, 'compiledEngine', { provider, threads, integerPath });
}

function inputsOf(batch: Batch): HostTensor[] {
  return [...batch.xs, ...allLabels(batch)];
}

/** (inputs, labels) → [loss, gradient of each parameter]; a parameter that the loss does not depend on has gradient 0. */
function trainingStep(model: tf.LayersModel, parameters: Parameters, loss: Loss): Traceable {
  const variables = parameters.list.map(({ variable }) => variable);
  return (...inputs) => {
    const [xs, labels] = [inputs.slice(0, model.inputs.length), inputs.slice(model.inputs.length)];
    const { value, grads } = tf.variableGrads(() => objective(model, loss, xs, labels), variables);
    return [value, ...variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable))];
  };
}

async function runStep(
  program: Program,
  inputs: readonly HostTensor[],
  { list }: Parameters,
  adding: boolean,
): Promise<number> {
  const results = await program.run(inputs, [
    undefined,
    ...list.map((parameter) => sinkOf(parameter, adding)),
  ]);
  if (adding) list.forEach((parameter, i) => addDense(parameter, results[i + 1]!));
  return results[0]!.data[0]!;
}

/** Fills a parameter's gradient memory, or, when adding, leaves its dense part to `addDense`. */
function sinkOf(parameter: Parameter, adding: boolean): Sink {
  const addRows: Sink['addRows'] = (ids, rows) => parameter.addRows(ids, rows);
  return adding ? { addRows } : { into: parameter.gradient, clear: () => parameter.clearGradient(), addRows };
}

function addDense(parameter: Parameter, { data }: HostTensor): void {
  if (data.length > 0) parameter.addGradient(data as Float32Array);
}
