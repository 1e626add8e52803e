import { UserError } from '../../lib/core/errors';
import { hostTensor } from '../../lib/core/host-tensor';
import { hiddenWordsAccuracy } from '../../trainers/hidden-words-accuracy';

const scores = hostTensor(Float32Array.of(0, 2, 1, /**/ 5, 5, 1, /**/ 0, 0, 9, /**/ 1, 0, 0), [2, 2, 3]);

it('counts the slots that hold a word, the first of equal scores being the guess', () => {
  const labels = hostTensor(Int32Array.of(1, 1, 2, -1), [2, 2]); // guessed 1, 0, 2
  expect(hiddenWordsAccuracy(scores, labels)).toBeCloseTo(2 / 3, 12);
});

it('refuses slots that are all empty', () => {
  const labels = hostTensor(new Int32Array(4).fill(-1), [2, 2]);
  expect(() => hiddenWordsAccuracy(scores, labels)).toThrow(UserError);
});

it('is NaN where a score is: no slot without a word is guessed right', () => {
  const scores = hostTensor(new Float32Array(6).fill(NaN), [1, 3, 2]);
  expect(hiddenWordsAccuracy(scores, hostTensor(Int32Array.of(1, -1, -1), [1, 3]))).toBeNaN();
});
