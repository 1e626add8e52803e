import * as protobuf from 'protobufjs/light';
import type { DataType } from './graph';

/** Fields that are written also where they are 0 or empty, as ONNX's checker wants them. */
const message = (fields: Record<string, protobuf.IField>): protobuf.IType => ({ edition: 'proto2', fields });

const one = (id: number, type: string): protobuf.IField => ({ id, type });
const many = (id: number, type: string): protobuf.IField => ({ id, type, rule: 'repeated' });

/** The part of ONNX's messages (`onnx.proto`, IR version 10) that our files hold. */
export const onnxMessages = protobuf.Root.fromJSON({
  nested: {
    ModelProto: message({
      irVersion: one(1, 'int64'),
      producerName: one(2, 'string'),
      graph: one(7, 'GraphProto'),
      opsetImport: many(8, 'OperatorSetIdProto'),
    }),
    OperatorSetIdProto: message({ domain: one(1, 'string'), version: one(2, 'int64') }),
    GraphProto: message({
      node: many(1, 'NodeProto'),
      name: one(2, 'string'),
      initializer: many(5, 'TensorProto'),
      input: many(11, 'ValueInfoProto'),
      output: many(12, 'ValueInfoProto'),
      sparseInitializer: many(15, 'SparseTensorProto'),
    }),
    NodeProto: message({
      input: many(1, 'string'),
      output: many(2, 'string'),
      name: one(3, 'string'),
      opType: one(4, 'string'),
      attribute: many(5, 'AttributeProto'),
      domain: one(7, 'string'),
    }),
    AttributeProto: message({
      name: one(1, 'string'),
      f: one(2, 'float'),
      i: one(3, 'int64'),
      s: one(4, 'bytes'),
      ints: many(8, 'int64'),
      type: one(20, 'int32'),
    }),
    TensorProto: message({
      dims: many(1, 'int64'),
      dataType: one(2, 'int32'),
      name: one(8, 'string'),
      rawData: one(9, 'bytes'),
    }),
    SparseTensorProto: message({
      values: one(1, 'TensorProto'),
      indices: one(2, 'TensorProto'),
      dims: many(3, 'int64'),
    }),
    ValueInfoProto: message({ name: one(1, 'string'), type: one(2, 'TypeProto') }),
    TypeProto: message({ tensorType: one(1, 'TensorType'), sequenceType: one(4, 'SequenceType') }),
    TensorType: message({ elemType: one(1, 'int32'), shape: one(2, 'TensorShapeProto') }),
    SequenceType: message({ elemType: one(1, 'TypeProto') }),
    TensorShapeProto: message({ dim: many(1, 'Dimension') }),
    Dimension: message({ dimValue: one(1, 'int64'), dimParam: one(2, 'string') }),
  },
});

/** `TensorProto.DataType` of the element types that we write. */
export const TENSOR_TYPE = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const satisfies Readonly<Record<DataType, number>>;

/** `AttributeProto.AttributeType` of the attributes that we write. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

export interface ModelMessage {
  readonly irVersion: number;
  readonly producerName?: string;
  readonly graph?: GraphMessage;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
}

export interface GraphMessage {
  readonly node: readonly NodeMessage[];
  readonly name: string;
  readonly initializer: readonly TensorMessage[];
  readonly input: readonly ValueInfoMessage[];
  readonly output: readonly ValueInfoMessage[];
  readonly sparseInitializer?: readonly SparseTensorMessage[];
}

export interface NodeMessage {
  readonly input?: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly opType: string;
  readonly attribute?: readonly AttributeMessage[];
  readonly domain?: string;
}

/** Of the values one, as `type` says. */
export interface AttributeMessage {
  readonly name: string;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
  readonly type: number;
}

export interface TensorMessage {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly name?: string;
  /** Little-endian. */
  readonly rawData?: Uint8Array;
}

export interface SparseTensorMessage {
  readonly values: TensorMessage;
  readonly indices?: TensorMessage;
  readonly dims: readonly number[];
}

export interface ValueInfoMessage {
  readonly name: string;
  readonly type: TypeMessage;
}

export interface TypeMessage {
  readonly tensorType?: {
    readonly elemType: number;
    readonly shape?: { readonly dim: readonly DimensionMessage[] };
  };
  readonly sequenceType?: { readonly elemType: TypeMessage };
}

/** A size, or the name of an axis that has none. */
export interface DimensionMessage {
  readonly dimValue?: number;
  readonly dimParam?: string;
}

/** Writes a message behind what a writer holds; a new one by default. */
type Encode<T> = (message: T, writer?: protobuf.Writer) => protobuf.Writer;

function encoderOf<T extends object>(name: string): Encode<T> {
  const type = onnxMessages.lookupType(name);
  return (message, writer) => type.encode(message, writer);
}

export const encodeModel = encoderOf<ModelMessage>('ModelProto');
export const encodeGraph = encoderOf<GraphMessage>('GraphProto');
export const encodeTensor = encoderOf<TensorMessage>('TensorProto');
export const encodeSparseTensor = encoderOf<SparseTensorMessage>('SparseTensorProto');
