import { sqnr } from '../../lib/analysis/sqnr';

it.each([
  ['20 dB where the error is a tenth of the signal', [3, 4], [3, 3.5], 20],
  ['0 dB where nothing is left of the signal', [3, 4], [0, 0], 0],
  ['negative where the error is larger', [1, 0], [-9, 0], -20],
  ['infinite where nothing was lost', [1, 2], [1, 2], Infinity],
])('is %s', (_, signal, approximation, decibels) => {
  expect(sqnr(Float32Array.from(signal), Float32Array.from(approximation))).toBeCloseTo(decibels, 12);
});
