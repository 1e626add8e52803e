import { hostOf } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { bert } from '../../lib/models/bert';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { shrinkToBudget, ShrinkToBudgetOptions } from '../../lib/structure/shrink-to-budget';
import { unitCount } from '../../lib/structure/unit-costs';
import { tiny } from '../models/family-cases';
import { batch, shake } from '../models/reference';
import { scopeEachTest } from '../scope';

scopeEachTest();

const batches = () => [batch().map(hostOf), batch().map(hostOf)];
const values = (model: ReturnType<typeof bert>) =>
  weightsOf(model).map(({ variable }) => [...variable.dataSync()]);

describe('shrinkToBudget', () => {
  it('takes at least the share of multiply-adds that is asked, and leaves the model as it is', async () => {
    const model = bert(tiny('bert'));
    shake(model);
    const before = values(model);
    const {
      model: smaller,
      cut,
      removed,
      curve,
    } = await shrinkToBudget(model, { data: batches(), removed: 0.5, tokens: 4 });
    expect(values(model)).toEqual(before);
    expect(removed).toBeGreaterThanOrEqual(0.5);
    expect(removed).toBeLessThan(0.7);
    const left = bertConfigOf(smaller);
    expect(left.heads).toEqual(cut.heads.map(({ length }) => 2 - length));
    expect(left.intermediateSize).toEqual(cut.neurons.map(({ length }) => 12 - length));
    const kept = curve.map((point) => point.kept);
    expect(kept).toEqual([...kept].sort((a, b) => b - a));
  });

  it('takes nothing, or everything', async () => {
    const model = bert(tiny('bert'));
    const all = await shrinkToBudget(model, { data: batches(), removed: 0, refit: false });
    expect(values(all.model)).toEqual(values(model));
    const none = await shrinkToBudget(model, { data: batches(), removed: 1 });
    expect(bertConfigOf(none.model)).toMatchObject({ heads: [0, 0], intermediateSize: [0, 0] });
  });

  it('takes another importance', async () => {
    const importance = async () => ({
      heads: [
        [9, 0],
        [0, 0],
      ],
      neurons: [Array<number>(12).fill(0), Array<number>(12).fill(0)],
    });
    const { cut } = await shrinkToBudget(bert(tiny('bert')), {
      data: batches(),
      removed: 0.75,
      importance,
      refit: false,
    });
    expect(cut.heads).toEqual([[1], [0, 1]]);
  });

  it('takes a budget of what stays, in other costs, in each layer alike', async () => {
    const importance = async () => ({
      heads: [
        [9, 8],
        [1, 2],
      ],
      neurons: [[], []],
    });
    const given = { data: batches(), importance, costs: unitCount, refit: false };
    const one = await shrinkToBudget(bert(tiny('bert')), { ...given, budget: 3 });
    expect([one.cut, one.removed]).toEqual([{ heads: [[], [0]], neurons: [[], []] }, 0.25]);
    const alike = await shrinkToBudget(bert(tiny('bert')), { ...given, budget: 3, perLayer: true });
    expect([alike.cut.heads, alike.removed]).toEqual([[[1], [0]], 0.5]);
  });

  it.each([-0.1, 1.1, NaN])('refuses to take %s', async (removed) => {
    await expect(shrinkToBudget(bert(tiny('bert')), { data: batches(), removed })).rejects.toThrow(
      `Expected a share from 0 to 1 of the cost to go, got ${removed}.`,
    );
  });

  it('goes on with what has no units left', async () => {
    const { model: bare } = await shrinkToBudget(bert(tiny('bert')), { data: batches(), removed: 1 });
    const again = await shrinkToBudget(bare, { data: batches(), removed: 0.5 });
    expect([again.removed, again.cut]).toEqual([
      0,
      {
        heads: [[], []],
        neurons: [[], []],
      },
    ]);
  });

  it.each([
    ['heads of layer 1, or none of any, got 1', { heads: [[1, 2], [3]], neurons: [[], []] }],
    ['the 2 layers, got 1 lists', { heads: [[1, 2]], neurons: [[], []] }],
    ['neurons of layer 0, or none of any, got 3', { heads: [[], []], neurons: [[1, 2, 3], []] }],
  ])('refuses scores that do not fit: %s', async (message, importance) => {
    const given = { data: batches(), removed: 0.5, importance: async () => importance };
    await expect(shrinkToBudget(bert(tiny('bert')), given)).rejects.toThrow(message);
  });

  it('refuses a share beside a budget', async () => {
    const both = { data: batches(), removed: 0.5, budget: 3 } as unknown as ShrinkToBudgetOptions;
    await expect(shrinkToBudget(bert(tiny('bert')), both)).rejects.toThrow('got both, 0.5 and 3');
  });

  it('needs data', async () => {
    await expect(shrinkToBudget(bert(tiny('bert')), { data: [], removed: 0.5 })).rejects.toThrow('got none.');
  });
});
