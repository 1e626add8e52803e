import { mostLayers, spareLayers } from '../../../trainers/recipes/fewer-layers';

it('keeps layers that are evenly spread', () => {
  expect(spareLayers(6, 3)).toEqual([1, 2, 4]);
  expect(spareLayers(6, 2)).toEqual([1, 2, 3, 4]);
  expect(spareLayers(6, 1)).toEqual([1, 2, 3, 4, 5]);
  expect(spareLayers(12, 6)).toEqual([1, 3, 5, 6, 8, 10]);
  expect(spareLayers(2, 2)).toEqual([]);
});

it('takes the most layers that fit, fewer than all of them, and one at least', async () => {
  const asked: number[] = [];
  const tenEach = (layers: number) => (asked.push(layers), Promise.resolve(10 * layers));
  expect(await mostLayers(6, 30, tenEach)).toEqual({ layers: 3, bytes: 30 });
  expect(asked).toEqual([5, 4, 3]);
  expect(await mostLayers(6, 1000, tenEach)).toEqual({ layers: 5, bytes: 50 });
  expect(await mostLayers(6, 9, tenEach)).toEqual({ layers: 1, bytes: 10 });
  expect(await mostLayers(2, 9, tenEach)).toEqual({ layers: 1, bytes: 10 });
});
