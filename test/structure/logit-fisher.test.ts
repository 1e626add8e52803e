import * as tf from '@tensorflow/tfjs';
import { hostOf } from '../../lib/core/host-tensor';
import { attach } from '../../lib/core/attach';
import { forward } from '../../lib/forward/forward';
import { bert } from '../../lib/models/bert';
import { bertGates } from '../../lib/structure/gates';
import { contrastsOf, logitFisher } from '../../lib/structure/logit-fisher';
import { expectNoLeak } from '../leaks';
import { tiny } from '../models/family-cases';
import { batch, shake } from '../models/reference';
import { scopeEachTest } from '../scope';

scopeEachTest();

const all = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('contrastsOf', () => {
  it('are orthonormal, and of classes blind to what adds the same to all', () => {
    const classes = contrastsOf(4, 'single-label');
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    classes.forEach((a, i) => {
      expect(a.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
      classes.forEach((b, j) => expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 12));
    });
    expect(classes).toHaveLength(3);
    expect(contrastsOf(2, 'multi-label')).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(contrastsOf(1, 'regression')).toEqual([[1]]);
  });
});

describe('logitFisher', () => {
  it('is the squared change of the logits by one gate, less what all share, over examples', async () => {
    const model = bert({ ...tiny('bert'), heads: [2, 0], headSize: 4, intermediateSize: [12, 3] });
    shake(model);
    const xs = batch();
    const batches = all(2).map((row) => xs.map((x) => hostOf(x.slice([row, 0], [1, -1]))));
    const found = await logitFisher(model, [...batches, xs.map(hostOf)]); // each example twice
    expect([found.heads, found.neurons].map((list) => list.map(({ length }) => length))).toEqual([
      [2, 0],
      [12, 3],
    ]);
    const { gates } = bertGates(model);
    const change = (place: number, unit: number): number => {
      const { layer, of, units } = gates[place]!;
      const logits = (factor: number) => {
        const attachment = attach(layer, of, {
          revision: '',
          apply: (x) => {
            const width = x.shape.at(-1)!;
            return x.mul(
              tf.tensor1d(all(width).map((i) => (Math.floor((i * units) / width) === unit ? factor : 1))),
            );
          },
          state: () => ({}),
          dispose: () => undefined,
        });
        const z = forward(model, xs, false);
        attachment.detach();
        return z.sub(z.mean(-1, true));
      };
      const slope = logits(1.01).sub(logits(0.99)).div(0.02);
      return 2 * slope.square().sum().dataSync()[0]!;
    };
    const flat = [found.heads[0]!, ...found.neurons];
    for (const [place, unit] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 7],
      [2, 2],
    ] as const) {
      expect(flat[place]![unit]! / change(place, unit)).toBeCloseTo(1, 2);
    }
  });

  it('leaks nothing', async () => {
    const model = bert(tiny('bert'));
    const xs = batch().map(hostOf);
    await expectNoLeak(async () => void (await logitFisher(model, [xs])));
  });
});
