import { axisForm } from '../../lib/quantization/axis-form';
import { perAxis, perGroup, perTensor } from '../../lib/quantization/granularity';
import { int4, int8, uint8 } from '../../lib/quantization/spec';

test.each([
  ['columns of a matrix', [4, 3], int8(perAxis(1)), { shape: [4, 3], axis: 1 }],
  ['rows of a table', [4, 3], int8(perAxis(0)), { shape: [4, 3], axis: 0 }],
  ['filters', [2, 2, 3, 5], int8(perAxis(3)), { shape: [12, 5], axis: 1 }],
  ['channels and multipliers', [2, 2, 3, 4], int8(perAxis(2, 3)), { shape: [4, 12], axis: 1 }],
  ['outputs of a transposed convolution', [2, 2, 5, 3], int8(perAxis(2)), { shape: [4, 5, 3], axis: 1 }],
  ['two axes in the middle', [2, 3, 4, 5], int8(perAxis(1, 2)), { shape: [2, 12, 5], axis: 1 }],
  ['one scale', [2, 3, 4], int8(perTensor()), { shape: [1, 24], axis: 0 }],
  ['axes apart', [2, 3, 4], int8(perAxis(0, 2)), undefined],
  ['groups', [4, 3], int8(perGroup(0, 2)), undefined],
  ['fewer bits', [4, 3], int4(perAxis(1)), undefined],
  ['affine', [4, 3], uint8(perTensor()), undefined],
])('%s', (_, shape, spec, form) => expect(axisForm(shape, spec)).toEqual(form));
