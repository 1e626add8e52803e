import * as fs from 'node:fs';
import * as path from 'node:path';
import { readRecords } from './record';

const NAME = /^events\.out\.tfevents\.\d+\.whittle$/;

/** The folder's event file, or undefined before the first event. */
export function findEventFile(folder: string): string | undefined {
  if (!fs.existsSync(folder)) return undefined;
  const name = fs.readdirSync(folder).find((entry) => NAME.test(entry));
  return name === undefined ? undefined : path.join(folder, name);
}

/** The name of an event file started now: TensorBoard sorts by the seconds in it. */
export function newEventFile(folder: string): string {
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0');
  return path.join(folder, `events.out.tfevents.${seconds}.whittle`);
}

/**
 * Drops every event after the first `bytes` bytes of the folder's event file: what was logged after a checkpoint
 * that remembered `EventWriter.bytes()`. A record that the cut goes through is dropped whole, as is all after a
 * damaged one. A folder without events stays as it is. Close the folder's writer first.
 */
export function truncateEvents(folder: string, bytes: number): void {
  const file = findEventFile(folder);
  if (file !== undefined) truncateToWhole(file, bytes);
}

/** Cuts a file after the last whole record that ends within its first `limit` bytes; returns the length left. */
export function truncateToWhole(file: string, limit = Infinity): number {
  let length = 0;
  for (const { end } of readRecords(fs.readFileSync(file))) {
    if (end > limit) break;
    length = end;
  }
  fs.truncateSync(file, length);
  return length;
}
