import { remembering } from '../../../datasets/tokenizer/remembering';

const LONG = 'x'.repeat(100);

/** How often each of these texts is encoded, one after the other, where `characters` are remembered. */
function encodings(characters: number, texts: readonly string[]): number[] {
  const calls: string[] = [];
  const encode = remembering((text) => [calls.push(text)], characters);
  return texts.map((text) => {
    const before = calls.length;
    encode(text);
    return calls.length - before;
  });
}

it('encodes a text once', () => {
  const encode = remembering((text) => [text.length, 7], 100);
  expect([encode('ab'), encode('abc'), encode('ab')]).toEqual([
    [2, 7],
    [3, 7],
    [2, 7],
  ]);
  expect(encodings(100, ['a', 'b', 'a', 'b'])).toEqual([1, 1, 0, 0]);
});

it('forgets all before texts take more characters than it may remember, each with 20 more', () => {
  expect(encodings(42, ['a', 'b', 'a', 'b'])).toEqual([1, 1, 0, 0]);
  expect(encodings(41, ['a', 'b', 'a', 'b'])).toEqual([1, 1, 1, 1]);
  expect(encodings(141, ['a', LONG, 'a', LONG])).toEqual([1, 1, 0, 0]);
});

it('remembers no text that is longer than all it may', () => {
  expect(encodings(119, [LONG, LONG])).toEqual([1, 1]);
  expect(encodings(120, [LONG, LONG])).toEqual([1, 0]);
});

it('takes halves of surrogate pairs as they are', () => {
  const encode = remembering((text) => [text.charCodeAt(0)], 100);
  expect([encode('\ud800'), encode('\ud801'), encode('\ud800')]).toEqual([[0xd800], [0xd801], [0xd800]]);
});
