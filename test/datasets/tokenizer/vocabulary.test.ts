import { wordPiece } from '../../../datasets/tokenizer/tokenizer';
import { buildVocabulary } from '../../../datasets/tokenizer/vocabulary';
import { UserError } from '../../../lib/core/errors';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** The pieces after the special ones. */
const learned = (texts: readonly string[], size: number, lowercase?: boolean) => {
  const vocabulary = buildVocabulary(texts, { size, lowercase });
  expect(vocabulary.slice(0, 5)).toEqual(SPECIAL);
  return vocabulary.slice(5).join(' ');
};

describe('buildVocabulary', () => {
  it('merges the most frequent pair again and again', () => {
    // hug 3, pug 2, bug 1: ##u ##g comes 6 times, then h ##ug 3 times, p ##ug 2 times, b ##ug once.
    const texts = ['hug hug', 'pug HUG pug', 'bug'];
    const characters = 'b g h p u ##g ##u';
    expect(learned(texts, 12)).toBe(characters);
    expect(learned(texts, 13)).toBe(`${characters} ##ug`);
    expect(learned(texts, 15)).toBe(`${characters} ##ug hug pug`);
    expect(learned(texts, 100)).toBe(`${characters} ##ug hug pug bug`);
  });

  it('takes the pair whose pieces come first when two are equally frequent', () => {
    expect(learned(['dc ba'], 100)).toBe('a b c d ##a ##c ba dc');
    expect(learned(['dc ba'], 12)).toBe('a b c d ##a ##c ba');
  });

  it('counts pairs anew after a merge', () => {
    // a ##b comes 4 times, ##b ##c 2 times; once ab is merged, ##b ##c is gone, and ab ##c comes 2 times.
    expect(learned(['abc abc ab ab bc'], 100)).toBe('a b c ##b ##c ab abc bc');
  });

  it('merges what overlaps from the left', () => {
    expect(learned(['aaaaa'], 100)).toBe('a ##a ##aa aaa aaaaa');
  });

  it('takes case and accents as they are if asked to', () => {
    expect(learned(['É e'], 7)).toBe('e');
    expect(learned(['É e'], 7, false)).toBe('e É');
  });

  it('encodes its texts without [UNK]', () => {
    const texts = ['The quick (brown) fox, naïve!', '水 и 𝒳𝒴 don’t', 'fox-trot 3.14'];
    for (const lowercase of [true, false]) {
      const vocabulary = buildVocabulary(texts, { size: 80, lowercase });
      const tokenizer = wordPiece(vocabulary, { lowercase });
      expect(new Set(vocabulary).size).toBe(vocabulary.length);
      for (const text of texts) expect(tokenizer.encode(text, undefined, 512).ids).not.toContain(1);
    }
  });

  it('refuses a size in which the characters do not fit', () => {
    expect(() => buildVocabulary(['ab'], { size: 7 })).toThrow(UserError);
    expect(() => buildVocabulary(['ab'], { size: 7 })).toThrow('at least 8');
    expect(buildVocabulary(['ab'], { size: 8 })).toEqual([...SPECIAL, 'a', 'b', '##b']);
  });
});
