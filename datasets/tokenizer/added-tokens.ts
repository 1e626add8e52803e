import type { AddedToken, NumberedToken } from '../../lib/export/hugging-face/added-token';

/** A piece's number, or text that is still to be cut. */
export type Part = number | string;

/** What Rust calls a word's characters, and white space. */
const WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE = /\p{White_Space}/u;

/**
 * Finds added tokens in a text, as Python's tokenizers does: first those that are found as they are written, then in what is
 * left, normalized, the others. Of several that begin at a place the longest is taken.
 *
 * @param normalize what is done to a text before it is cut into words.
 */
export function addedTokenSplitter(
  tokens: readonly NumberedToken[],
  normalize: (text: string) => string,
): (text: string) => readonly Part[] {
  const written = finder(tokens.filter(({ normalized }) => !normalized));
  const others = tokens.filter(({ normalized }) => normalized);
  if (others.length === 0) return written;
  const normalized = finder(others.map((token) => ({ ...token, content: normalize(token.content) })));
  return (text) =>
    written(text).flatMap((part) => (typeof part === 'number' ? [part] : normalized(normalize(part))));
}

function finder(tokens: readonly NumberedToken[]): (text: string) => readonly Part[] {
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const longestFirst = [...byContent.keys()].filter(Boolean).sort((a, b) => b.length - a.length);
  if (longestFirst.length === 0) return (text) => [text];
  const pattern = longestFirst.map(literal).join('|');
  const [one, any] = [new RegExp(pattern), new RegExp(pattern, 'g')];
  return (text) => {
    if (!one.test(text)) return [text];
    const parts: Part[] = [];
    let from = 0;
    for (const { 0: content, index } of text.matchAll(any)) {
      const token = byContent.get(content)!;
      if (token.single_word && touchesWord(text, index, index + content.length)) continue;
      const [start, end] = placeOf(token, text, index, from);
      if (start > from) parts.push(text.slice(from, start));
      parts.push(token.id);
      from = end;
    }
    if (from < text.length) parts.push(text.slice(from));
    return parts;
  };
}

/** What a token takes of a text, from no earlier place than `from`. */
function placeOf(
  { content, lstrip, rstrip }: AddedToken,
  text: string,
  index: number,
  from: number,
): readonly [start: number, end: number] {
  let [start, end] = [index, index + content.length];
  while (lstrip && start > from && SPACE.test(text[start - 1]!)) start--;
  while (rstrip && end < text.length && SPACE.test(text[end]!)) end++;
  return [start, end];
}

/** Whether a word's character stands right before or after. */
function touchesWord(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? '';
  const [after = ''] = text.slice(end, end + 2);
  return WORD.test(before) || WORD.test(after);
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
