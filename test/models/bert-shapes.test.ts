import { weightsOf } from '../../lib/core/weights';
import { blankBert } from '../../lib/models/bert';
import { BertConfig, resolveBertConfig } from '../../lib/models/bert-config';
import { bertShapes } from '../../lib/models/bert-shapes';
import { familyNames, tiny } from './family-cases';

const lost: BertConfig = { ...tiny('bert'), heads: [0, 1], headSize: 4, intermediateSize: [5, 0] };

test.each<[string, BertConfig]>([
  ...familyNames.map((family): [string, BertConfig] => [family, tiny(family)]),
  ['a bert that lost heads and neurons', lost],
  ['a bert without token types', { ...tiny('bert'), typeVocabSize: 0 }],
])('the shapes of %s are those of the model that is built', (_, config) => {
  const model = blankBert(config);
  const built = weightsOf(model).map(({ path, variable }) => [path, variable.shape]);
  expect([...bertShapes(resolveBertConfig(config))].sort()).toEqual(built.sort());
  model.dispose();
});
