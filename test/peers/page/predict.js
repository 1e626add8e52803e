// Has tfjs load the folders of jobs.json and compute with each, and posts what comes out: { model, training, xs: [{ dtype, values }] }.
async function predictAll(tf) {
  const post = (url, body) => fetch(url, { method: 'POST', body });
  try {
    await tf.setBackend('cpu');
    const jobs = await (await fetch('/models/jobs.json')).json();
    const answers = [];
    for (const { model: name, training, xs } of jobs) {
      const model = await tf.loadLayersModel(`/models/${name}/model.json`);
      const inputs = xs.map(({ dtype, values }) => tf.tensor(values, undefined, dtype));
      answers.push([...model.apply(inputs.length === 1 ? inputs[0] : inputs, { training }).dataSync()]);
    }
    await post('/done', JSON.stringify(answers));
  } catch (error) {
    await post('/failed', error.stack ?? String(error));
  }
}
