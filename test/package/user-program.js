// What a user of the packed library writes: prune and quantize a model of one's own.
const tf = require('@tensorflow/tfjs');
const whittle = require('whittle-tfjs');

async function main() {
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 32, activation: 'relu', inputShape: [8] }));
  model.add(tf.layers.dense({ units: 2 }));
  const xs = tf.randomNormal([256, 8], 0, 1, 'float32', 1);
  const data = whittle.fromTensors(xs, xs.sum(1).greater(0).cast('int32'), { batchSize: 32 });
  const prepared = whittle.prepare(model, whittle.staticInt8());
  const schedule = whittle.cubicDecay({ finalSparsity: 0.5, beginStep: 0, endStep: 40, frequency: 10 });
  const callbacks = [whittle.pruning({ pruner: whittle.magnitudePruner({ schedule }) })];
  const loss = whittle.softmaxCrossEntropy;
  const [optimizer, learningRate] = [whittle.adamW(), whittle.constantRate(0.01)];
  const engine = whittle.compiledEngine();
  const { losses } = await whittle.train({
    model,
    data,
    loss,
    optimizer,
    learningRate,
    steps: 60,
    engine,
    callbacks,
  });
  const { targets, total } = whittle.report(whittle.convert(prepared));
  console.log(
    `loss ${losses[0].toFixed(3)} -> ${losses[59].toFixed(3)}, ${targets.sparsity.toFixed(2)} zeros, ${total.bytes} bytes`,
  );
  require('whittle-tfjs/layers'); // the entry for programs that only load
  whittle.saveTfjs(whittle.convert(prepared), 'saved');
  const loaded = await tf.loadLayersModel('file://saved/model.json');
  if (loaded.layers.length !== 4) throw new Error('The packed library does not save for tfjs.');
  if (!(losses[59] < losses[0] && targets.sparsity >= 0.5))
    throw new Error('The packed library does not train or prune.');
}

void main();
