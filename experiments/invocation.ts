import * as path from 'node:path';

/** Of this file's kind: TypeScript in a clone, JavaScript in the package. */
const isSource = __filename.endsWith('.ts');

/** How a script is called, from this working directory: by its file in a clone, by its name in the package. */
export const invocationOf = (name: string): string =>
  isSource
    ? `npx ts-node ${path.relative('', path.join(__dirname, `${name}.ts`))}`
    : `npx whittle-tfjs ${name}`;
