import * as os from 'node:os';
import * as path from 'node:path';

/**
 * The folder for what can be made again: `WHITTLE_CACHE` where it is set, else `whittle` in the user's cache folder (`~/.cache`, or
 * what the system has in its place). Its files may be deleted at any time.
 *
 * @returns undefined where `WHITTLE_CACHE` is `off`.
 */
export function userCache(): string | undefined {
  const given = process.env['WHITTLE_CACHE'];
  if (given === 'off') return undefined;
  return given ? path.resolve(given) : path.join(systemCache(), 'whittle');
}

function systemCache(): string {
  const home = os.homedir();
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches');
  if (process.platform === 'win32') {
    return process.env['LOCALAPPDATA'] ?? path.join(home, 'AppData', 'Local');
  }
  return process.env['XDG_CACHE_HOME'] || path.join(home, '.cache');
}
