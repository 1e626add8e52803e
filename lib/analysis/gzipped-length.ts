import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

/**
 * Bytes after gzip as servers send them (zlib's usual level, 6): where zeros, and codes that many weights share, make a file smaller.
 *
 * @example await gzippedLength(onnxBytes(model));
 */
export async function gzippedLength(bytes: Uint8Array): Promise<number> {
  return (await compress(bytes)).length;
}
