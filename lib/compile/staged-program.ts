import type { DerivedInput } from '../core/derived';
import { UserError } from '../core/errors';
import type { HostTensor } from '../core/host-tensor';
import { feeder } from './feeder';
import { Data, Graph, memoryFor, Value } from './graph';
import { optimize } from './passes';
import { inStages, Stage, StagePart } from './passes/stages';
import { integerPath } from './probe';
import { ortTensor, Session } from './session';
import { ArgumentSpec, trace, Traceable } from './trace';

/** A stage of a function. */
export interface StageOf {
  /** How many of the function's results it computes: the next ones. */
  readonly results: number;
  /** What gets other data after it. */
  readonly changes: readonly DerivedInput[];
}

/** What stages keep for later ones, of one call: a new one for each set of arguments. */
export type Kept = Map<Value, Data>;

/**
 * A traced function whose results are computed in stages, between which state changes on which later results depend. Each stage goes on
 * from what the ones before it computed, so all of them together take about the time of one run.
 */
export class StagedProgram {
  private readonly sessions = new Map<number, Promise<Session>>();

  private constructor(private readonly parts: readonly StagePart[]) {}

  /**
   * @param fn returns a list of results, those of the first stage first.
   * @throws UserError for what cannot be traced, and a function that does more than compute results.
   */
  static async compile(
    fn: Traceable,
    specs: readonly ArgumentSpec[],
    stages: readonly StageOf[],
  ): Promise<StagedProgram> {
    const source = trace(fn, specs);
    if (source.assigned.length + source.taps.length > 0)
      throw new UserError('Expected a function that only computes, to run it in stages.');
    const options = { integerPath: await integerPath(), provider: 'cpu' };
    const { graph, plan } = optimize(source.graph, options);
    if (plan.some(({ parts }) => parts.length > 0))
      throw new UserError(
        'Expected a function without results that are gathered row by row, to run it in stages.',
      );
    return new StagedProgram(inStages(graph, stagesIn(graph, stages)));
  }

  /** What a stage reads that is derived from something else. */
  inputsOf(stage: number): DerivedInput[] {
    const sources = [...this.parts[stage]!.graph.inputs.values()];
    return sources.flatMap((source) =>
      source !== 'saved' && source.kind === 'derived' ? [source.input] : [],
    );
  }

  /**
   * The results of a stage; `kept` must have been through all the stages before it. What is derived is read as it is: whoever runs a stage
   * refreshes `inputsOf` it first, once for all batches.
   */
  async run(stage: number, args: readonly HostTensor[], kept: Kept): Promise<HostTensor[]> {
    const { graph, saved, readLater } = this.parts[stage]!;
    const session = await this.session(stage);
    const inputOf = (value: Value) => {
      const source = graph.inputs.get(value)!;
      if (source === 'saved') return ortTensor(value, kept.get(value)!);
      if (source.kind === 'derived') return ortTensor(value, source.input.data);
      return feeder(value, source)(args);
    };
    const made = graph.outputs.map((value) => [value, memoryFor(value)] as const);
    await session.run(
      inputOf,
      made.map(([value, data]) => ortTensor(value, data)),
    );
    made.slice(0, saved.length).forEach(([value, data]) => kept.set(value, data));
    for (const value of kept.keys()) if (!readLater.has(value)) kept.delete(value);
    return made.slice(saved.length).map(([value, data]) => hostTensorOf(value, data));
  }

  /** Frees what runs a stage, or all of them; it is made anew should it run again. */
  async release(stage?: number): Promise<void> {
    for (const [loaded, session] of this.sessions) {
      if (stage !== undefined && stage !== loaded) continue;
      this.sessions.delete(loaded);
      await (await session).release();
    }
  }

  private session(stage: number): Promise<Session> {
    const session = this.sessions.get(stage) ?? Session.load(this.parts[stage]!.graph, {});
    this.sessions.set(stage, session);
    return session;
  }
}

function stagesIn({ inputs, outputs }: Graph, stages: readonly StageOf[]): Stage[] {
  let next = 0;
  return stages.map(({ results, changes }) => ({
    outputs: outputs.slice(next, (next += results)),
    changes: [...inputs].flatMap(([value, source]) =>
      source.kind === 'derived' && changes.includes(source.input) ? [value] : [],
    ),
  }));
}

function hostTensorOf(value: Value, data: Data): HostTensor {
  return {
    dtype: value.dtype as HostTensor['dtype'],
    shape: [...value.shape],
    data: data as HostTensor['data'],
  };
}
