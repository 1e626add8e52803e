import { ok } from 'node:assert';
import * as tf from '@tensorflow/tfjs';
import { codesOf } from '../../lib/quantization/decode';
import type { EncodedWeight } from '../../lib/quantization/encoded-weight';
import { perAxis, perGroup } from '../../lib/quantization/granularity';
import { adaRoundCodes } from '../../lib/quantization/rounding/ada-round-codes';
import { gptqCodes } from '../../lib/quantization/rounding/gptq-codes';
import { int4, QuantSpec, uint8 } from '../../lib/quantization/spec';
import { problem } from '../quantization/rounding/problems';
import { askPython, inFolder } from './ask-python';

export const name = 'rounding';

const [INPUTS, UNITS] = [300, 40];
const DESCENT = { iterations: 50, learningRate: 0.01, regularization: 3, warmUp: 0.2 };

/** Codes of the same matrix, ours and those that Python is asked for. */
interface Case {
  readonly own: Promise<EncodedWeight>;
  readonly job: object;
}

/** Rounds matrices as numpy does that follows the papers step by step: the same codes, but where two are equally near. */
export async function check(python: string): Promise<string> {
  await tf.setBackend('cpu');
  const gptqCases = [2, 3, 4, 8].flatMap((bits) =>
    [32, 128, INPUTS].flatMap((group) =>
      [true, false].flatMap((symmetric) =>
        [true, false].map((actOrder) => gptqCase(bits, group, symmetric, actOrder)),
      ),
    ),
  );
  const cases = [...gptqCases, adaRoundCase(4), adaRoundCase(3)];
  const answers = inFolder((folder) =>
    askPython(python, 'rounding.py', folder, { jobs: cases.map(({ job }) => job) }),
  ) as number[][];
  const others = await Promise.all(
    cases.map(async ({ own }, i) => {
      const codes = codesOf(await own);
      return answers[i]!.filter((code, at) => code !== codes[at]).length;
    }),
  );
  const [ofGptq, ofAdaRound] = [others.slice(0, -2), others.slice(-2)];
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const size = INPUTS * UNITS;
  ok(Math.max(...ofGptq) <= 0.001 * size, `GPTQ: ${ofGptq.join(', ')} codes of ${size} differ`);
  ok(Math.max(...ofAdaRound) <= 0.005 * size, `AdaRound: ${ofAdaRound.join(', ')} codes of ${size} differ`);
  return (
    `GPTQ: ${total(ofGptq)} of ${ofGptq.length * size} codes differ from numpy's, ` +
    `AdaRound: ${total(ofAdaRound)} of ${2 * size}, whose descent is in float32`
  );
}

function gptqCase(bits: number, group: number, symmetric: boolean, actOrder: boolean): Case {
  const { weight, gram } = problem(INPUTS, UNITS, bits);
  const spec: QuantSpec = { ...(symmetric ? int4 : uint8)(perGroup(0, group)), bits };
  return {
    own: Promise.resolve(gptqCodes(weight, gram, spec, { actOrder })),
    job: { ...plain(weight, gram), method: 'gptq', bits, group, symmetric, actOrder },
  };
}

function adaRoundCase(bits: number): Case {
  const { weight, gram } = problem(INPUTS, UNITS, bits);
  return {
    own: adaRoundCodes(weight, gram, { ...int4(perAxis(1)), bits }, DESCENT),
    job: { ...plain(weight, gram), method: 'adaRound', bits, ...DESCENT },
  };
}

function plain({ shape, data }: ReturnType<typeof problem>['weight'], gram: Float64Array): object {
  return { shape, weight: [...data], gram: [...gram] };
}
