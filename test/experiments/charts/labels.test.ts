import { endLabels, paddedDomain } from '../../../experiments/charts/labels';
import type { EndLabel } from '../../../experiments/charts/labels';

/** Labels of a plot 100 pixels high over the domain [0, 100]: one line is 15 units. */
function place(ends: readonly number[]): number[] {
  const labels = ends.map((y, i) => ({ text: String(i), y, color: '#000' }));
  const [loud] = endLabels(labels, [0, 100], 100) as unknown as { data: { values: EndLabel[] } }[];
  return [...loud!.data.values].sort((a, b) => Number(a.text) - Number(b.text)).map(({ y }) => y);
}

describe('endLabels', () => {
  it('leaves labels with room where their lines end', () => {
    expect(place([10, 50, 90])).toEqual([10, 50, 90]);
  });

  it('pushes close ones apart by a line, in the order of their lines', () => {
    expect(place([50, 51, 50.5])).toEqual([50, 80, 65]);
  });

  it('keeps them inside the plot', () => {
    expect(place([99, 100, 98])).toEqual([85, 100, 70]);
    expect(place([0, 1])).toEqual([0, 15]);
  });

  it('sets references in a weight of their own', () => {
    const weights = endLabels([{ text: 'majority', y: 0, color: '#000', quiet: true }], [0, 1], 100);
    const shown = (
      weights as unknown as { data: { values: EndLabel[] }; mark: { fontWeight: number } }[]
    ).map(({ data, mark }) => [mark.fontWeight, data.values.length]);
    expect(shown).toEqual([
      [600, 0],
      [400, 1],
    ]);
  });
});

test('paddedDomain leaves a margin, also around a single value', () => {
  expect(paddedDomain([0, 50, 100])).toEqual([-6, 106]);
  expect(paddedDomain([1])).toEqual([0.94, 1.06]);
});
