import { Compressed, hasCodes } from '../../lib/compress/compressed';
import { attachmentsOf } from '../../lib/core/attach';
import { UserError } from '../../lib/core/errors';
import { revisionOf } from '../../lib/core/revision';
import { encodeTraced, traceCompressed } from '../../lib/export/onnx/export-onnx';
import type { TracedModel } from '../../lib/export/onnx/trace';
import { Inference, InferenceOptions, openFile } from '../inference';

/**
 * How a model that computes with codes (codes that are stored, something attached, or quantize layers) answers: as its ONNX file, so
 * that what is scored while it trains is what answers later. A rounding that goes the other way somewhere flips a code, and with it
 * answers.
 *
 * @returns a function that gives undefined for a model of floats, and for one that no file can hold.
 * @throws UserError (from that function) if the codes are not those of the weights any more.
 */
export function inferenceOfCodes(
  compressed: Compressed,
  options: InferenceOptions,
): () => Promise<Inference | undefined> {
  let known: { readonly revision: string; readonly traced: TracedModel | undefined } | undefined;
  const { model } = compressed;
  return async () => {
    if (!hasCodes(compressed) && attachmentsOf(model).length === 0) return undefined;
    const revision = revisionOf(model);
    if (known?.revision !== revision) known = { revision, traced: traceIfPossible(compressed) };
    return known.traced && openFile(encodeTraced(known.traced, compressed), options);
  };
}

function traceIfPossible(compressed: Compressed): TracedModel | undefined {
  try {
    return traceCompressed(compressed);
  } catch (error) {
    if (error instanceof UserError) return undefined; // a program per shape may still do, or says what is wrong
    throw error;
  }
}
