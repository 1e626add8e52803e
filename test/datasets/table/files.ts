import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** A folder for the files of a test. */
export interface Files {
  /** Writes a file and gives its path. */
  write(name: string, content: string | Buffer): string;
  remove(): void;
}

export function temporaryFiles(): Files {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-table-'));
  return {
    write(name, content) {
      const file = path.join(folder, name);
      fs.writeFileSync(file, content);
      return file;
    },
    remove: () => fs.rmSync(folder, { recursive: true }),
  };
}

/** JSON Lines. */
export const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');

/** JSON Lines of rows with these labels. */
export const tagged = (...labels: unknown[]) =>
  lines(...labels.map((label, i) => ({ text: `row ${i}`, labels: label })));
