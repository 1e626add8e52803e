import { UserError } from '../../lib/core/errors';

/**
 * The address of a server out of an environment variable, without a slash at its end.
 *
 * @throws UserError for what is no address of http, and for one with a password, which a request does not send and a message would show:
 *   neither is repeated in the sentence.
 */
export function hostOf(variable: string, usual: string): string {
  const text = process.env[variable]?.trim() || usual;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UserError(`Expected an address such as ${usual} in ${variable}, got something else.`);
  }
  if (url.username || url.password) {
    throw new UserError(
      `Expected an address without a name and a password in ${variable}, got one with them; take them out, for no request sends them.`,
    );
  }
  return text.replace(/\/+$/, '');
}

/**
 * The token that `HF_TOKEN` holds, if it does. White space around it is left out, as Python's `huggingface_hub` does.
 *
 * @throws UserError, which does not show it, for what no header can hold.
 */
export function hubToken(): string | undefined {
  const token = process.env['HF_TOKEN']?.trim() || undefined;
  if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
  throw new UserError(
    'Expected a token of letters, digits and signs in HF_TOKEN, got other characters in it; copy it again.',
  );
}
