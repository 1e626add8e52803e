/** What the library calls otherwise than the scripts do. */
const RENAMED: Readonly<Record<string, string>> = { eagerEngine: '--engine eager', provider: '--backend' };

/**
 * A message of the library in the words of the command line: `labelColumn`, in backticks, is an option of a function there, and
 * `--label-column` here.
 */
export function withFlags(message: string): string {
  return message.replace(/`([a-z][A-Za-z]*)`/g, (_, option: string) => RENAMED[option] ?? flagOf(option));
}

const flagOf = (option: string) => `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
