/**
 * Runs all steps, also after one failed.
 *
 * @throws the first error, at the end.
 */
export function runAll(steps: readonly (() => void)[]): void {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** The result of `body`. If that fails, `undo` runs, and the error is the body's, whatever comes of undoing. */
export async function undoOnFailure<T>(body: () => Promise<T>, undo: () => void): Promise<T> {
  try {
    return await body();
  } catch (error) {
    try {
      undo();
    } catch {
      // The first error is the one to mend.
    }
    throw error;
  }
}

/** The result of `body`, after `end`, which runs in any case. If both fail, the error is the body's. */
export async function conclude<T>(body: () => Promise<T>, end: () => void): Promise<T> {
  const result = await undoOnFailure(body, end);
  end();
  return result;
}
