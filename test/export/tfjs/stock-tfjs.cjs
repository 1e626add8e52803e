// What stock tfjs makes of a folder, which it is served over HTTP: node stock-tfjs.cjs <folder> <inputs as JSON> [module to require before].
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const tf = require('@tensorflow/tfjs');

const [, , folder, inputs, own] = process.argv;
if (own) require(own);

const server = http.createServer((request, response) => {
  const file = path.join(folder, path.basename(request.url));
  if (fs.existsSync(file)) response.end(fs.readFileSync(file));
  else response.writeHead(404).end();
});

server.listen(0, '127.0.0.1', async () => {
  try {
    await tf.setBackend('cpu');
    const model = await tf.loadLayersModel(`http://127.0.0.1:${server.address().port}/model.json`);
    const weights = Object.fromEntries(
      model.weights.map((weight) => [weight.originalName, [...weight.read().dataSync()]]),
    );
    const xs = JSON.parse(inputs).map(({ dtype, values }) => tf.tensor(values, undefined, dtype));
    const outputs = [...model.predict(xs.length === 1 ? xs[0] : xs).dataSync()];
    process.stdout.write(JSON.stringify({ weights, outputs }));
  } catch (error) {
    process.stdout.write(JSON.stringify({ error: error.message }));
  }
  server.close();
});
