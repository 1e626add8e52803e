import { fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { Compressed, compressedOf } from '../compress/compressed';
import type { HostTensor } from '../core/host-tensor';
import { onnxBytes } from '../export/onnx/export-onnx';
import type { LatencyOptions } from './latency';
import type { Answer, Question } from './resident-memory-process';

/**
 * **The memory that a model takes while it runs**, in bytes: by how much the resident set of a process of its own grows when onnxruntime
 * opens the exported file there, as everyone opens it, and answers one batch a few times. Node, onnxruntime itself and the batch are
 * there before and do not count.
 *
 * @param xs a batch, in the order of the model's inputs.
 * @throws UserError as `exportOnnx` does; Error with what the process said where it failed.
 *
 * @example const bytes = await measureMemory(convert(prepared), batch, { threads: 1 });
 */
export async function measureMemory(
  model: tf.LayersModel | Compressed,
  xs: readonly HostTensor[],
  { provider, threads }: Pick<LatencyOptions, 'provider' | 'threads'> = {},
): Promise<number> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'memory-'));
  try {
    const file = path.join(folder, 'model.onnx');
    fs.writeFileSync(file, onnxBytes(compressedOf(model)));
    return await ask({ file, xs, provider, threads });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Of this file's kind: TypeScript where the package's sources run. */
const isSource = __filename.endsWith('.ts');
const PROGRAM = path.join(__dirname, `resident-memory-process.${isSource ? 'ts' : 'js'}`);

function ask(question: Question): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(PROGRAM, {
      execArgv: isSource ? ['-r', 'ts-node/register/transpile-only'] : [],
      serialization: 'advanced', // typed arrays as they are
      silent: true,
    });
    let answer: Answer = {};
    let said = '';
    child.stderr!.on('data', (text: Buffer) => (said += text.toString()));
    child.on('message', (message: Answer) => (answer = message));
    child.on('error', reject);
    child.on('close', (code) => {
      if (answer.bytes !== undefined) resolve(answer.bytes);
      else reject(new Error(answer.error ?? `The process that measures memory ended with ${code}: ${said}`));
    });
    child.send(question);
  });
}
