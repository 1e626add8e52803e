import * as path from 'node:path';
import { Answer, askProgram } from './answers';
import { peerModules } from './node-modules';

const VERSION = '4.3.1';
const FOLDER = path.resolve(__dirname, '../../node_modules/.cache/whittle-transformers-js');

/** The folder that transformers.js is installed in, with the onnxruntime-node and onnxruntime-web that it runs on. */
export function transformersJs(): string {
  return peerModules(FOLDER, '@huggingface/transformers', VERSION);
}

/** What transformers.js answers in Node. */
export function askTransformersJs(folder: string, texts: readonly string[]): Answer[] {
  const script = path.join(__dirname, 'transformers-js.cjs');
  return askProgram(process.execPath, [script, transformersJs()], folder, texts);
}
