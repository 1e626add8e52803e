import * as tf from '@tensorflow/tfjs';
import { reshape } from '../reshape';
import { input, Mapping, unmapped } from './kernel';
import { pad } from './padding';
import { transpose } from './shape';
import { slice } from './slicing';

const { getPermuted, getReshaped, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = tf.backend_util;

type Pairs = [before: number, after: number][];

/** Blocks of places that change axes: between channels and space, and between the batch and space. */
export const blocks: Record<string, Mapping> = {
  DepthToSpace: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    if (attrs.get<string>('dataFormat') !== 'NHWC') throw unmapped('depthToSpace with dataFormat NCHW');
    const size = attrs.get<number>('blockSize');
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const depth = channels / (size * size);
    const apart = reshape(graph, x, [batch, height, width, size, size, depth]);
    return reshape(graph, transpose(graph, apart, [0, 1, 3, 2, 4, 5]), [
      batch,
      height * size,
      width * size,
      depth,
    ]);
  },
  SpaceToBatchND: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const [block, paddings] = [attrs.get<number[]>('blockShape'), attrs.get<Pairs>('paddings')];
    const count = block.reduce((product, size) => product * size, 1);
    const rest = x.shape.slice(1 + block.length).map((): Pairs[number] => [0, 0]);
    const padded = pad(graph, x, [[0, 0], ...paddings, ...rest], 0);
    const apart = reshape(graph, padded, getReshaped([...padded.shape], block, count, false));
    const turned = transpose(graph, apart, getPermuted(apart.shape.length, block.length, false));
    return reshape(graph, turned, getReshapedPermuted([...padded.shape], block, count, false));
  },
  BatchToSpaceND: (inputs, attrs, graph) => {
    const x = input(inputs, 'x');
    const [block, crops] = [attrs.get<number[]>('blockShape'), attrs.get<Pairs>('crops')];
    const count = block.reduce((product, size) => product * size, 1);
    const apart = reshape(graph, x, getReshaped([...x.shape], block, count));
    const turned = transpose(graph, apart, getPermuted(apart.shape.length, block.length));
    const whole = reshape(graph, turned, getReshapedPermuted([...x.shape], block, count));
    const others = whole.shape.slice(1 + block.length);
    const begin = [...getSliceBeginCoords(crops, block.length), ...others.map(() => 0)];
    return slice(graph, whole, begin, [...getSliceSize([...whole.shape], crops, block.length), ...others]);
  },
};
