import * as protobuf from 'protobufjs/light';

/**
 * The part of TensorFlow's and TensorBoard's messages that event files of ours hold: `event.proto`,
 * `summary.proto`, `histogram.proto`, `tensor.proto` and the HParams plugin's `plugin_data.proto`.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    Event: {
      oneofs: { what: { oneof: ['fileVersion', 'summary', 'sessionLog'] } },
      fields: {
        wallTime: { id: 1, type: 'double' },
        step: { id: 2, type: 'int64' },
        fileVersion: { id: 3, type: 'string' },
        summary: { id: 5, type: 'Summary' },
        sessionLog: { id: 7, type: 'SessionLog' },
      },
    },
    SessionLog: { fields: { status: { id: 1, type: 'int32' } } },
    Summary: { fields: { value: { id: 1, rule: 'repeated', type: 'SummaryValue' } } },
    SummaryValue: {
      oneofs: { value: { oneof: ['simpleValue', 'histo', 'tensor'] } },
      fields: {
        tag: { id: 1, type: 'string' },
        simpleValue: { id: 2, type: 'float' },
        histo: { id: 5, type: 'HistogramProto' },
        tensor: { id: 8, type: 'TensorProto' },
        metadata: { id: 9, type: 'SummaryMetadata' },
      },
    },
    SummaryMetadata: { fields: { pluginData: { id: 1, type: 'PluginData' } } },
    PluginData: { fields: { pluginName: { id: 1, type: 'string' }, content: { id: 2, type: 'bytes' } } },
    HistogramProto: {
      fields: {
        min: { id: 1, type: 'double' },
        max: { id: 2, type: 'double' },
        num: { id: 3, type: 'double' },
        sum: { id: 4, type: 'double' },
        sumSquares: { id: 5, type: 'double' },
        bucketLimit: { id: 6, rule: 'repeated', type: 'double', options: { packed: true } },
        bucket: { id: 7, rule: 'repeated', type: 'double', options: { packed: true } },
      },
    },
    TensorProto: {
      fields: {
        dtype: { id: 1, type: 'int32' },
        tensorShape: { id: 2, type: 'TensorShape' },
        stringVal: { id: 8, rule: 'repeated', type: 'bytes' },
      },
    },
    TensorShape: { fields: { dim: { id: 2, rule: 'repeated', type: 'Dim' } } },
    Dim: { fields: { size: { id: 1, type: 'int64' } } },
    HParamsPluginData: {
      fields: { version: { id: 1, type: 'int32' }, sessionStartInfo: { id: 3, type: 'SessionStartInfo' } },
    },
    SessionStartInfo: {
      fields: {
        hparams: { id: 1, rule: 'repeated', type: 'HParamEntry' },
        startTimeSecs: { id: 5, type: 'double' },
      },
    },
    // What a map<string, Value> is on the wire.
    HParamEntry: { fields: { key: { id: 1, type: 'string' }, value: { id: 2, type: 'Value' } } },
    Value: {
      oneofs: { kind: { oneof: ['numberValue', 'stringValue', 'boolValue'] } },
      fields: {
        numberValue: { id: 2, type: 'double' },
        stringValue: { id: 3, type: 'string' },
        boolValue: { id: 4, type: 'bool' },
      },
    },
  },
});

/** `HistogramProto`: `bucket[i]` values lie in `(bucketLimit[i - 1], bucketLimit[i]]`, the first from `min`. */
export interface HistogramMessage {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  readonly bucketLimit: readonly number[];
  readonly bucket: readonly number[];
}

/** `TensorProto` of strings or of nothing; `dtype` is TensorFlow's number. */
export interface TensorMessage {
  readonly dtype: number;
  readonly tensorShape: { readonly dim: readonly { readonly size: number }[] };
  readonly stringVal?: readonly Uint8Array[];
}

/** `Summary.Value`: one tagged value, with the plugin that shows it where its kind does not tell. */
export interface SummaryValueMessage {
  readonly tag: string;
  readonly simpleValue?: number;
  readonly histo?: HistogramMessage;
  readonly tensor?: TensorMessage;
  readonly metadata?: { readonly pluginData: { readonly pluginName: string; readonly content?: Uint8Array } };
}

/** `Event`: the file's version in the first record, where the run goes on in the second, one summary in each other. */
export interface EventMessage {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value: readonly SummaryValueMessage[] };
  /** TensorFlow's number of a status: 1 is a start. */
  readonly sessionLog?: { readonly status: number };
}

/** A hyper-parameter's value. */
export type HParam = number | string | boolean;

const eventType = root.lookupType('Event');
const hparamsType = root.lookupType('HParamsPluginData');

/** Serializes an event. */
export function encodeEvent(event: EventMessage): Uint8Array {
  return eventType.encode(eventType.create(event)).finish();
}

/** Parses an event; 64-bit numbers become plain ones; what is not in the bytes, as a step of 0, stays absent. */
export function decodeEvent(data: Uint8Array): EventMessage {
  return eventType.toObject(eventType.decode(data), { longs: Number }) as EventMessage;
}

/** Serializes what the HParams plugin reads of a run's start; `startTimeSecs` is in seconds since 1970. */
export function encodeHParams(values: Readonly<Record<string, HParam>>, startTimeSecs: number): Uint8Array {
  const hparams = Object.entries(values).map(([key, value]) => ({ key, value: toValue(value) }));
  return hparamsType
    .encode(hparamsType.create({ version: 0, sessionStartInfo: { hparams, startTimeSecs } }))
    .finish();
}

function toValue(value: HParam): Record<string, HParam> {
  if (typeof value === 'number') return { numberValue: value };
  return typeof value === 'string' ? { stringValue: value } : { boolValue: value };
}
