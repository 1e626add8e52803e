import { UserError } from '../../../lib/core/errors';

/** Expects that something is refused in one sentence with these words in it. */
export async function expectRefusal(refused: Promise<unknown>, message: string): Promise<void> {
  const told = await refused.catch((error: unknown) => error);
  expect(told).toBeInstanceOf(UserError);
  expect((told as UserError).message).toContain(message);
  expect((told as UserError).message).not.toContain('\n');
}
