import * as fs from 'node:fs';
import * as path from 'node:path';
import { readRecords } from './record';

const NAME = /^events\.out\.tfevents\.(\d+)\.whittle$/;

/** Lengths in bytes of a folder's event files, by their names: a moment that `truncateEvents` comes back to. */
export type EventLengths = Readonly<Record<string, number>>;

/** How long a folder's event files are now, in the order in which TensorBoard reads them. */
export function eventLengths(folder: string): EventLengths {
  return Object.fromEntries(namesIn(folder).map((name) => [name, fs.statSync(path.join(folder, name)).size]));
}

/** The name of an event file started now: TensorBoard reads files in the order of the seconds in it, and never goes back. */
export function newEventFile(folder: string): string {
  const last = NAME.exec(namesIn(folder).at(-1) ?? '')?.[1] ?? -1;
  const seconds = Math.max(Math.floor(Date.now() / 1000), Number(last) + 1);
  return path.join(folder, `events.out.tfevents.${String(seconds).padStart(10, '0')}.whittle`);
}

/**
 * Drops every event that was logged after a moment: files are cut to the lengths that they had (`eventLengths`), those that were not
 * there to nothing. They stay as empty files, for a TensorBoard that runs may be lost where the file that it reads is gone. A record
 * that the cut goes through is dropped whole, as is all after a damaged one. Close the folder's writer first.
 */
export function truncateEvents(folder: string, lengths: EventLengths): void {
  for (const name of namesIn(folder)) truncateToWhole(path.join(folder, name), lengths[name] ?? 0);
}

/** Cuts a file after the last whole record that ends within its first `limit` bytes. */
function truncateToWhole(file: string, limit: number): void {
  let length = 0;
  for (const { end } of readRecords(fs.readFileSync(file))) {
    if (end > limit) break;
    length = end;
  }
  fs.truncateSync(file, length);
}

function namesIn(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((entry) => NAME.test(entry))
    .sort();
}
