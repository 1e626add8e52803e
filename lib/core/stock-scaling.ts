import type * as tf from '@tensorflow/tfjs';
import { ActivationFacts, CARRIER, ProductFacts, ScalingFacts } from './scaling-facts';

type Layer = tf.layers.Layer;
type ScalingOf = (layer: Layer) => ScalingFacts;

/** Fields of layers of tfjs that decide. */
interface Settings {
  readonly activation?: tf.serialization.Serializable | null;
  readonly dataFormat?: string;
  readonly padding?: string;
  readonly kernelSize?: readonly number[];
  readonly maxValue?: number;
  readonly axis?: number | readonly number[];
  readonly scale?: boolean;
  readonly dims?: readonly number[];
}

const settingsOf = (layer: Layer) => layer as unknown as Settings;

/** Whether the channels are the last axis. */
const isChannelsLast = ({ dataFormat = 'channelsLast' }: Settings) => dataFormat === 'channelsLast';

function activationOf({ activation }: Settings): ActivationFacts | undefined {
  const name = activation?.getClassName() ?? 'linear';
  return name === 'linear' ? undefined : { name, isScaleEquivariant: name === 'relu' };
}

const product =
  (...products: readonly ProductFacts[]): ScalingOf =>
  (layer) => {
    const settings = settingsOf(layer);
    if (!isChannelsLast(settings)) return {};
    return { products, activation: activationOf(settings), keepsConstants: !isPadded(settings) };
  };

/** Whether zeros are put around the input. */
function isPadded({ padding = 'valid', kernelSize = [] }: Settings): boolean {
  return padding !== 'valid' && kernelSize.some((size) => size > 1);
}

/** At the edges a transposed convolution adds up fewer products, whatever its padding. */
const transposed =
  (reads: number): ScalingOf =>
  (layer) => ({ ...product({ weight: 'kernel', reads })(layer), keepsConstants: false });

/** A norm whose channels are those of the last axis alone. */
const norm: ScalingOf = (layer) => {
  const { axis = -1, scale = true } = settingsOf(layer);
  const axes = [axis].flat();
  const last = layer.inboundNodes.map(({ inputTensors }) => inputTensors[0]!.shape.length - 1);
  const isLast = axes.length === 1 && (axes[0] === -1 || last.every((each) => each === axes[0]));
  return isLast && scale ? { products: [{ weight: 'gamma' }] } : {};
};

/** Gives on what it is given, some of it or means of it, channel by channel. */
const carries: ScalingOf = (layer) => (isChannelsLast(settingsOf(layer)) ? CARRIER : {});

/** Arranges its input anew; fits where the channels stay next to one another: [4, 4, 8] → [128], in which channel i is every 8th. */
const rearranges: ScalingOf = (layer) => {
  const fits = layer.inboundNodes.every(({ inputTensors, outputTensors }) => {
    const [before, after] = [inputTensors, outputTensors].map(([tensor]) => tensor!.shape.at(-1));
    return typeof before === 'number' && typeof after === 'number' && after % before === 0;
  });
  return fits ? CARRIER : {};
};

const activation = (name: string, isScaleEquivariant: boolean): ScalingFacts => ({
  activation: { name, isScaleEquivariant },
  ...(isScaleEquivariant ? CARRIER : {}),
});

const named: ScalingOf = (layer) => {
  const { name, isScaleEquivariant } = activationOf(settingsOf(layer)) ?? {
    name: 'linear',
    isScaleEquivariant: true,
  };
  return activation(name, isScaleEquivariant);
};

const relu: ScalingOf = (layer) => {
  const { maxValue } = settingsOf(layer);
  return typeof maxValue === 'number'
    ? activation(`relu up to ${maxValue}`, false)
    : activation('relu', true);
};

const permute: ScalingOf = (layer) => {
  const { dims = [] } = settingsOf(layer);
  return dims.length > 0 && dims.at(-1) === dims.length ? CARRIER : {};
};

const each = (scaling: ScalingOf, ...names: string[]): Record<string, ScalingOf> =>
  Object.fromEntries(names.map((name) => [name, scaling]));

/** How the layers of tfjs take factors on channels, by class. Those in wrappers and recurrent layers are not of the graph. */
export const STOCK_SCALING: Readonly<Record<string, ScalingOf | undefined>> = {
  Dense: product({ weight: 'kernel', reads: 0 }),
  Conv1D: product({ weight: 'kernel', reads: 1 }),
  Conv2D: product({ weight: 'kernel', reads: 2 }),
  Conv3D: product({ weight: 'kernel', reads: 3 }),
  Conv2DTranspose: transposed(3),
  Conv3DTranspose: transposed(4),
  DepthwiseConv2D: product({ weight: 'depthwise_kernel', reads: 2 }),
  SeparableConv2D: product(
    { weight: 'depthwise_kernel', reads: 2 },
    { weight: 'pointwise_kernel', reads: 2 },
  ),

  BatchNormalization: norm,
  LayerNormalization: norm,

  Activation: named,
  ReLU: relu,
  ...each(() => activation('leakyRelu', true), 'LeakyReLU'),
  ...each(() => activation('prelu', true), 'PReLU'),
  ...each(() => activation('elu', false), 'ELU'),
  ...each(() => activation('thresholdedRelu', false), 'ThresholdedReLU'),
  ...each(() => activation('softmax', false), 'Softmax'),

  Reshape: rearranges,
  Flatten: rearranges,
  Permute: permute,
  ...each(() => ({ carries: 0 }), 'ZeroPadding2D'),
  ...each(
    carries,
    'Dropout',
    'SpatialDropout1D',
    'GaussianDropout',
    'RepeatVector',
    'Cropping2D',
    'UpSampling2D',
  ),
  ...each(
    carries,
    'MaxPooling1D',
    'MaxPooling2D',
    'MaxPooling3D',
    'GlobalMaxPooling1D',
    'GlobalMaxPooling2D',
  ),
  ...each(carries, 'AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D'),
  ...each(carries, 'GlobalAveragePooling1D', 'GlobalAveragePooling2D'),
};
