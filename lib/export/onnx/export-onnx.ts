import * as fs from 'node:fs';
import type * as tf from '@tensorflow/tfjs';
import { TENSOR_TYPE } from '../../compile/onnx-messages';
import { serialize } from '../../compile/serialize';
import { Data, Graph, Node, Source, Value } from '../../compile/graph';
import { commonSubexpressions } from '../../compile/passes/common-subexpressions';
import { deadCode } from '../../compile/passes/dead-code';
import { floatWeights } from '../../compile/passes/float-weights';
import { gatherCodes } from '../../compile/passes/gather-codes';
import { hoistMoves, integerMatmul } from '../../compile/passes/integer-matmul';
import { rewrite } from '../../compile/passes/rewrite';
import { unsignedCodes } from '../../compile/passes/unsigned-codes';
import { Compressed, compressedOf, expectCurrent } from '../../compress/compressed';
import { writeAtomically } from '../../core/atomic-file';
import { UserError } from '../../core/errors';
import type { DerivedInput } from '../../core/derived';
import { hostOf } from '../../core/host-tensor';
import { weightsOf } from '../../core/weights';
import { storedIn } from '../../quantization/derived-weight';
import { axisOf, isFixed } from './sizes';
import { productBias } from './passes/product-bias';
import { TracedModel, traceModel } from './trace';
import { withStoredCodes } from './stored-codes';
import { storedWeights } from './stored-weights';

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /** Names of the inputs, in the model's order; the model's own by default. */
  readonly inputNames?: readonly string[];
  /** Name of the output; the model's own by default. */
  readonly outputName?: string;
  /** Names of the free axes by their place; `batch`, `axis_1`, `axis_2`, … by default. */
  readonly axisNames?: readonly string[];
  /** Type of the inputs that are integers: `int32` (default), or `int64`, as programs of the transformers family pass. */
  readonly integers?: 'int32' | 'int64';
  /** Leave out inputs that the output does not depend on; false by default. */
  readonly dropUnused?: boolean;
  /**
   * Write weights as sparse initializers, without their zeros, where that is smaller: floats of which more than some 45 % are 0, int8 codes of
   * which more than 75 % are, and none that lie around 128. onnxruntime makes them dense when it loads the file, so it computes the same at the
   * same speed; programs that know no sparse initializers cannot load it. False by default.
   */
  readonly sparse?: boolean;
}

/** A protobuf message ends at 2 GB; the structure needs a little beside the weights. */
const LARGEST = 2 ** 31 - 2 ** 24;

/**
 * Writes what a model computes in inference as an ONNX file (operator set 20), for onnxruntime and its like.
 *
 * Axes that the model leaves free (`null` in its input shapes: the batch, a text's length) stay free: the model is traced at
 * several sizes of them, and what differs is computed from the inputs' shapes. Free axes at the same place are taken to be of
 * one size in all inputs. Weights are initializers, named by their path.
 *
 * Of a compressed model, and of a prepared one, weights are their codes and scales, tables too: looked-up rows are dequantized, matrix
 * products of quantized activations are those of codes: int8 of 7 bits, or, of 8 bits, uint8 around 128, because processors without VNNI
 * multiply those right and no others (`MatMulIntegerToFloat`, onnxruntime's own). Codes in groups, and of fewer bits, are in the blocks of
 * `MatMulNBits`, halves are float16 or bfloat16. Only groups that are not made of 16 neighbours are written as the floats that they stand for.
 *
 * Ids are looked up as ONNX's `Gather` does: −1 is a table's last row, and so on to −rows, and what is beyond is onnxruntime's own error. Our
 * engines and `inferenceOf` refuse both.
 *
 * @param subject a model, or what `convert` returns: the same numbers as its engine and `evaluate` give.
 * @param file written whole or not at all; its folder is made if it is not there.
 * @throws UserError if the codes are not those of the weights any more, or the model has several outputs, does something that has no
 *   ONNX mapping or depends on a free axis in another way than by sums and products (the operator is named), or is larger than 2 GB.
 *
 * @example exportOnnx(convert(prepared), 'model.onnx', { inputNames: ['x'], outputName: 'y' });
 */
export function exportOnnx(
  subject: tf.LayersModel | Compressed,
  file: string,
  options: ExportOnnxOptions = {},
): void {
  const bytes = onnxBytes(compressedOf(subject), options);
  writeAtomically(file, (part) => fs.writeFileSync(part, bytes));
}

/** What `exportOnnx` writes. @throws UserError as it does. */
export function onnxBytes(compressed: Compressed, options: ExportOnnxOptions = {}): Uint8Array {
  return encodeTraced(traceCompressed(compressed), compressed, options);
}

/**
 * What a file of the model says, but for its weights, which `encodeTraced` reads: it serves for as long as its revision.
 *
 * @throws UserError as `exportOnnx` does.
 */
export function traceCompressed(compressed: Compressed): TracedModel {
  return withStoredCodes(compressed, () => traceModel(compressed.model));
}

/**
 * The file of a traced model, with the weights as they are now.
 *
 * @throws UserError as `exportOnnx` does: also if the codes are not those of the weights any more.
 */
export function encodeTraced(
  traced: TracedModel,
  compressed: Compressed,
  options: ExportOnnxOptions = {},
): Uint8Array {
  expectCurrent(compressed);
  const { model } = compressed;
  const names = namesOf(model, options);
  const { graph, initializers } = withWeights(traced.graph, model);
  checkLength(graph, model);
  const whole = withInputs(graph, traced.inputs, options.integers ?? 'int32');
  return serialize(options.dropUnused ? deadCode(whole) : whole, {
    inputName: (value) => names.inputs[argumentOf(whole, value)!]!,
    outputName: () => names.output,
    constantName: (value) => initializers.get(value),
    axisName: axisNames(traced, whole, model, options.axisNames),
    sparse: options.sparse,
  }).bytes;
}

function namesOf(
  model: tf.LayersModel,
  options: ExportOnnxOptions,
): { inputs: readonly string[]; output: string } {
  const own = (tensors: readonly tf.SymbolicTensor[]) => tensors.map(({ sourceLayer }) => sourceLayer.name);
  const { inputNames: inputs = own(model.inputs), outputName: output = own(model.outputs)[0]! } = options;
  const distinct = new Set([...inputs, output]).size;
  if (inputs.length === model.inputs.length && distinct > inputs.length) return { inputs, output };
  throw new UserError(
    `Expected ${model.inputs.length} different input name(s) for "${model.name}", and another for its output, got ` +
      `${[...inputs, output].join(', ')}.`,
  );
}

/** The graph with the variables that it reads as constants; those that are weights of the model by name. */
function withWeights(
  traced: Graph,
  model: tf.LayersModel,
): { graph: Graph; initializers: ReadonlyMap<Value, string> } {
  const paths = new Map(weightsOf(model).map(({ variable, path }) => [variable.id, path]));
  refresh(traced, (input) => storedIn(input) !== undefined); // their codes are read below
  const { graph: stored, names } = storedAsCodes(traced);
  const { inputs, ...rest } = stored;
  const constants = new Map(rest.constants);
  const initializers = new Map(names);
  refresh({ inputs }, () => true);
  for (const [value, source] of inputs) {
    const [data, name] = contentOf(source, paths);
    if (data) constants.set(value, data);
    if (name !== undefined) initializers.set(value, name);
  }
  return { graph: { ...rest, inputs, constants }, initializers };
}

function refresh({ inputs }: Pick<Graph, 'inputs'>, isMeant: (input: DerivedInput) => boolean): void {
  for (const source of inputs.values())
    if (source.kind === 'derived' && isMeant(source.input)) source.input.refresh();
}

/** Codes where they are stored, looked up, sliced and multiplied, before they are numbers. */
function storedAsCodes(traced: Graph): { graph: Graph; names: ReadonlyMap<Value, string> } {
  const weights = storedWeights();
  const products = [integerMatmul, productBias];
  const rules = [gatherCodes, hoistMoves, floatWeights, unsignedCodes(), ...products, ...weights.rules];
  const graph = rules.reduce((rewritten, rule) => commonSubexpressions(rewrite(rewritten, rule)), traced);
  return { graph: deadCode(graph), names: weights.names };
}

function contentOf(source: Source, paths: ReadonlyMap<number, string>): [data?: Data, name?: string] {
  switch (source.kind) {
    case 'argument':
      return [];
    case 'variable':
      return [hostOf(source.variable).data, paths.get(source.variable.id)];
    case 'derived':
      return [source.input.data, source.input.name];
  }
}

function checkLength({ constants }: Graph, { name }: tf.LayersModel): void {
  const length = [...constants.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (length <= LARGEST) return;
  throw new UserError(
    `Expected at most 2 GB of weights, which is all that one ONNX file can hold, for "${name}", got ` +
      `${(length / 2 ** 30).toFixed(1)} GB; quantize the model or keep fewer layers.`,
  );
}

/** The graph with all inputs of the model; integers of another type become those that it reads. */
function withInputs(graph: Graph, values: readonly Value[], dtype: 'int32' | 'int64'): Graph {
  const casts: Node[] = [];
  const inputs = values.map((value, index): [Value, Source] => {
    const source: Source = { kind: 'argument', index };
    if (value.dtype !== 'int32' || dtype === 'int32') return [value, source];
    const input: Value = { ...value, dtype };
    const attributes = { to: TENSOR_TYPE.int32 };
    casts.push({ op: 'Cast', domain: '', inputs: [input], output: value, attributes });
    return [input, source];
  });
  return { ...graph, inputs: new Map(inputs), nodes: [...casts, ...graph.nodes] };
}

/** The place among the model's inputs of a value that is one. */
function argumentOf({ inputs }: Graph, value: Value): number | undefined {
  const source = inputs.get(value);
  return source?.kind === 'argument' ? source.index : undefined;
}

/** Names of the free axes of the file's inputs and output. */
function axisNames(
  { axes, outputSizes }: TracedModel,
  graph: Graph,
  model: tf.LayersModel,
  given: readonly string[] | undefined,
): (value: Value, axis: number) => string | undefined {
  const nameOf = (place: number): string => given?.[place] ?? (place === 0 ? 'batch' : `axis_${place}`);
  return (value, axis) => {
    const input = argumentOf(graph, value);
    if (input !== undefined && value !== graph.outputs[0]) {
      return model.inputs[input]!.shape[axis] === null ? nameOf(axis) : undefined;
    }
    const size = outputSizes[0]?.[axis];
    if (size && isFixed(size)) return undefined;
    const free = size && axisOf(size);
    return free === undefined ? `output_axis_${axis}` : nameOf(axes[free]!);
  };
}
