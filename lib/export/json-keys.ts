import { quoted } from '../core/printable';

/**
 * The first key, quoted, that some object of a JSON text has twice: `JSON.parse` would keep the last of the two and say nothing.
 *
 * @param json valid JSON.
 */
export function repeatedKey(json: string): string | undefined {
  const objects: Set<string>[] = []; // keys of the objects around the current place, the innermost last
  for (let i = 0; i < json.length; i++) {
    if (json[i] === '{') objects.push(new Set());
    else if (json[i] === '}') objects.pop();
    else if (json[i] === '"') {
      const text = json.slice(i, endOfString(json, i));
      i += text.length - 1;
      if (!isKey(json, i + 1)) continue;
      const keys = objects.at(-1)!;
      const key = JSON.parse(text) as string;
      if (keys.has(key)) return quoted(key);
      keys.add(key);
    }
  }
  return undefined;
}

/** The place behind the string that starts at `start`. */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
}

/** Whether a colon follows. */
function isKey(json: string, place: number): boolean {
  while (/\s/.test(json[place] ?? '')) place++;
  return json[place] === ':';
}
