/** Stands for a number that JSON lacks: NaN, an infinity or −0. */
interface Special {
  readonly number: string;
}

/** JSON that keeps every number: plain JSON turns NaN and infinities into null and −0 into 0. */
export function stringifyExact(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'number' || (Number.isFinite(part) && !Object.is(part, -0))) return part;
    return { number: Object.is(part, -0) ? '-0' : String(part) } satisfies Special;
  });
}

/** The inverse of `stringifyExact`. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => (isSpecial(part) ? Number(part.number) : part));
}

function isSpecial(part: unknown): part is Special {
  if (typeof part !== 'object' || part === null || Object.keys(part).join() !== 'number') return false;
  return ['NaN', 'Infinity', '-Infinity', '-0'].includes(String((part as Special).number));
}
