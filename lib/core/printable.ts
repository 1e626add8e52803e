/** What a terminal takes for commands (C0, C1, DEL), what breaks a line, and what turns the direction of a text around. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const escaped = (character: string) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;

/** A text of a file, a server or a user, as it may be shown: control characters are written as JSON escapes them (`\u001b`). */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped);

/** `printable` of a text of several lines, whose ends stay. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');

/** Characters of a value that a message has room for. */
const ROOM = 200;

/** A name out of a file, for a message: printable, and cut where it is longer than a message may be. */
export const shownName = (name: string): string =>
  printable(name.length > ROOM ? `${name.slice(0, ROOM)}…` : name);

/** A value out of a file or an answer, for a message: as JSON, printable, and no longer than a message may be, whatever it is. */
export const quoted = (value: unknown): string => shownName(jsonOf(value));

function jsonOf(value: unknown): string {
  try {
    return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    return 'a value nested too deep to be shown'; // JSON is read to any depth, and written to some thousand
  }
}
