import { bertWords } from '../../../datasets/tokenizer/words';

describe('bertWords', () => {
  it.each([
    ["Don't, José!", ['don', "'", 't', ',', 'jose', '!'], ['Don', "'", 't', ',', 'José', '!']],
    ['Σ ΑΣ İ', ['σ', 'ασ', 'i'], ['Σ', 'ΑΣ', 'İ']],
    ['a\u00a0b\u2009c\u3000d', ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd']],
    ['a\u0000b\ufffdc\u200bd\ud800e', ['abcde'], ['abcde']], // half a surrogate pair, too
    ['x中y𠀀', ['x', '中', 'y', '𠀀'], ['x', '中', 'y', '𠀀']],
    ['a\u061db \u166d', ['a\u061db', '\u166d'], ['a\u061db', '\u166d']], // punctuation since Unicode 14, and no more
    ['a\u0897b', ['a\u0897b'], ['a\u0897b']], // a mark since Unicode 16
    ['\u{105c9}', ['\u{105c9}'], ['\u{105c9}']], // decomposes since Unicode 16
    ['', [], []],
  ])('%j', (text, uncased, cased) => {
    expect(bertWords(text, true)).toEqual(uncased);
    expect(bertWords(text, false)).toEqual(cased);
  });
});
