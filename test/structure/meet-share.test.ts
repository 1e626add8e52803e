import { meetShare } from '../../lib/structure/meet-share';

/** What is left by a curve, and what was asked of it. */
const along = (curve: (removed: number) => number) => {
  const asked: number[] = [];
  const measure = async (removed: number) => {
    asked.push(removed);
    return curve(removed);
  };
  return { asked, measure };
};

describe('meetShare', () => {
  it('counts what is left without any units: one measurement more where the rest is a line', async () => {
    const { asked, measure } = along((removed) => 1 - 0.8 * removed);
    const { removed, left } = await meetShare(0.4, measure);
    expect([removed, left]).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.6, 12)]);
    expect(asked).toHaveLength(2);
  });

  it.each([0.1, 0.25, 0.5, 0.7, 0.9])('comes near a share of %s of what is no line', async (share) => {
    for (const power of [0.6, 1.7]) {
      const { asked, measure } = along((removed) => 1 - 0.97 * removed ** power);
      expect(Math.abs((await meetShare(share, measure)).left - (1 - share))).toBeLessThan(0.03);
      expect(asked.length).toBeLessThanOrEqual(5);
    }
  });

  it('takes the nearest of stairs, each measured', async () => {
    const { measure } = along((removed) => 1 - Math.floor(4 * removed) / 4);
    expect((await meetShare(0.4, measure)).left).toBe(0.5);
  });

  it('takes nothing without measuring, and all where that is asked and reached', async () => {
    const { asked, measure } = along((removed) => 1 - removed);
    expect(await meetShare(0, measure)).toEqual({ removed: 0, left: 1 });
    expect(asked).toEqual([]);
    expect(await meetShare(1, measure)).toEqual({ removed: 1, left: 0 });
  });

  it('refuses more than can go, with the most that can', async () => {
    const fixed = along((removed) => 1 - 0.789 * removed).measure;
    await expect(meetShare(0.9, fixed)).rejects.toThrow(
      'Expected at most 0.78 of the latency to go, got 0.9: without any of the heads and neurons that may go the model still takes 21.1 % of its time',
    );
    await expect(meetShare(0.1, async () => 1.2)).rejects.toThrow('at most 0 of the latency');
  });
});
