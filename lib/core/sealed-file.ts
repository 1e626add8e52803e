import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeAtomically, writeFileAtomically } from './atomic-file';
import { damageOf, formatDigests, sha256Of } from './digests';
import { UserError } from './errors';

/** The digest of a sealed file. */
const sealOf = (file: string) => `${file}.sha256`;

/**
 * `writeAtomically` with a digest beside it, `<file>.sha256`, by which a later reader tells that the bytes are those that were
 * written. The digest is there before the file.
 */
export function writeSealed(file: string, write: (part: string) => void): void {
  writeAtomically(file, (part) => {
    write(part);
    writeFileAtomically(sealOf(file), formatDigests({ [path.basename(file)]: sha256Of(part) }));
  });
}

/** `writeSealed` of a text. */
export function writeSealedText(file: string, text: string): void {
  writeSealed(file, (part) => fs.writeFileSync(part, text));
}

/**
 * Checks a sealed file before it is read.
 *
 * @param remedy what to do about a damaged one: `delete …`.
 * @throws UserError if its bytes, or its digest, are not those that were written.
 */
export function expectWhole(file: string, remedy: string): void {
  const damage = damageOf(sealOf(file));
  if (damage === undefined) return;
  throw new UserError(`Expected ${file} as it was written, but ${damage}; ${remedy}.`);
}
