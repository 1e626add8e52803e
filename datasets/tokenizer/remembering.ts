type Encode = (text: string) => readonly number[];

/** What a text takes beside its characters and numbers, counted in characters. */
const OVERHEAD = 20;

/**
 * The same function, which remembers what it has encoded: texts of `characters` in all, each counted with 20 more. Where there would be
 * more, all are forgotten.
 */
export function remembering(encode: Encode, characters: number): Encode {
  const remembered = new Map<string, readonly number[]>();
  let taken = 0;
  return (text) => {
    const known = remembered.get(text);
    if (known) return known;
    const size = text.length + OVERHEAD;
    if (taken + size > characters) {
      remembered.clear();
      taken = 0;
    }
    const found = encode(text);
    if (size > characters) return found;
    remembered.set(copied(text), found);
    taken += size;
    return found;
  };
}

/** A part of a string keeps all of it in memory. */
const copied = (text: string): string => Buffer.from(text, 'utf16le').toString('utf16le');
