import { DROPPED, IDEOGRAPHS, LATER, MARKS, PUNCTUATION } from './characters';

const EVERY_DROPPED = new RegExp(`[${DROPPED}]`, 'gu');
const EVERY_IDEOGRAPH = new RegExp(`[${IDEOGRAPHS}]`, 'gu');
const EVERY_MARK = new RegExp(`[${MARKS}]`, 'gu');
const WORD = new RegExp(`[${PUNCTUATION}]|[^\\s${PUNCTUATION}]+`, 'gu');
const DECOMPOSABLE = new RegExp(`[^${LATER}]+`, 'gu');

/**
 * The words of a text as BERT sees them: what stands between spaces, each punctuation mark and each ideograph on its own, without
 * control characters; lowercased and stripped of accents if asked to. Equal to Python's `BertNormalizer` and `BertPreTokenizer`.
 *
 * @example bertWords("Don't, José!", true) // ['don', "'", 't', ',', 'jose', '!']
 */
export function bertWords(text: string, lowercase: boolean): readonly string[] {
  return normalized(text, lowercase).match(WORD) ?? [];
}

/** A text as its words are found in it. Of what is normalized already the words are the same. */
export function normalized(text: string, lowercase: boolean): string {
  const clean = text.replace(EVERY_DROPPED, '').replace(/\s/g, ' ').replace(EVERY_IDEOGRAPH, ' $& ');
  return lowercase ? plain(clean) : clean;
}

/** Without accents and case. JavaScript alone lowercases Σ to another letter at the end of a word. */
function plain(text: string): string {
  const decomposed = text.replace(DECOMPOSABLE, (known) => known.normalize('NFD'));
  return decomposed.replace(EVERY_MARK, '').replaceAll('Σ', 'σ').toLowerCase();
}
