// onnxruntime-web's side of sparse-onnx.peer.ts: its WebAssembly, in Node.
const { readFileSync } = require('node:fs');
const path = require('node:path');

const [modules, jobFile] = process.argv.slice(2);
const ort = require(path.join(modules, 'node_modules/onnxruntime-web'));
ort.env.wasm.numThreads = 1;

async function main() {
  const { file, xs } = JSON.parse(readFileSync(jobFile, 'utf8'));
  const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(file)), {
    executionProviders: ['wasm'],
  });
  const batch = new ort.Tensor('float32', Float32Array.from(xs.flat()), [xs.length, xs[0].length]);
  const { [session.outputNames[0]]: answers } = await session.run({ [session.inputNames[0]]: batch });
  console.log(JSON.stringify({ answers: Array.from(answers.data) }));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
