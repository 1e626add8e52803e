import { hostOf } from '../../../lib/core/host-tensor';
import { forwardThrough } from '../../../lib/forward/forward';
import { bert } from '../../../lib/models/bert';
import { activations } from '../../../lib/structure/scores/activations';
import { expectNoLeak } from '../../leaks';
import { tiny } from '../../models/family-cases';
import { batch, shake } from '../../models/reference';
import { scopeEachTest } from '../../scope';

scopeEachTest();

it('is the mean magnitude over real tokens, of the last layer too', async () => {
  const model = bert({ ...tiny('bert'), layers: 3, intermediateSize: [12, 0, 5] });
  shake(model);
  const { heads, neurons } = await activations(model, [batch().map(hostOf)]);
  expect([heads, neurons.map(({ length }) => length)]).toEqual([
    [[], [], []],
    [12, 0, 5],
  ]);
  const layers = ['encoder/0/ffn/gelu', 'encoder/2/ffn/gelu'];
  const [, ...states] = forwardThrough(model, batch(), { pass: 'inference', layers, whole: true });
  for (const [i, scores] of [neurons[0]!, neurons[2]!].entries()) {
    const [first, second] = states[i]!.arraySync() as number[][][];
    const rows = [...first!, ...second!.slice(0, 3)];
    const expected = rows.reduce((sum, row) => sum + Math.abs(row[4]!), 0) / 7;
    expect(scores[4]).toBeCloseTo(expected, 5);
  }
});

it('leaves nothing behind, and needs data', async () => {
  const model = bert(tiny('bert'));
  const xs = batch().map(hostOf);
  await expectNoLeak(async () => void (await activations(model, [xs])));
  await expect(activations(model, [])).rejects.toThrow('got none');
});
