import { GraphMessage, ModelMessage, onnxMessages } from '../lib/compile/onnx-messages';

const model = onnxMessages.lookupType('ModelProto');

/** The graph of an ONNX file; lists that are not in it are empty. */
export function graphOf(bytes: Uint8Array): Required<GraphMessage> {
  const { graph } = model.toObject(model.decode(bytes), { longs: Number, arrays: true }) as ModelMessage;
  return graph as Required<GraphMessage>;
}
