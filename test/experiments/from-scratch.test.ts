import { fromScratch } from '../../experiments/models';
import { UserError } from '../../lib/core/errors';
import { traceModel } from '../../lib/export/onnx/trace';
import { bert } from '../../lib/models/bert';

const SIZES = { vocabSize: 8, layers: 1, hiddenSize: 8, heads: 2, intermediateSize: 8, labels: 2 };

it('a new model has as many positions as it can be saved with', () => {
  const model = bert({ ...SIZES, ...fromScratch(6) });
  expect(() => traceModel(model)).not.toThrow();
  model.dispose();
});

it.each([4, 5])('one of %i is refused before it is trained', (maxLength) => {
  expect(() => fromScratch(maxLength)).toThrow(UserError);
  expect(() => fromScratch(maxLength)).toThrow(
    `Expected --max-length of at least 6 for a new model, which cannot be saved with fewer, got ${maxLength}`,
  );
});
