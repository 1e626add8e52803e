import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { loadTfjs } from '../../../lib/export/tfjs/folder';
import '../../../lib/export/tfjs/file-router';
import { askStock, file, folderOf, outputOf, scratchEachTest, shards, stock, valuesOf } from './saved-model';

scratchEachTest();

describe('file://', () => {
  test('is where tfjs saves and loads', async () => {
    const model = stock();
    const { modelArtifactsInfo } = await model.save(`file://${folderOf()}`);
    expect(modelArtifactsInfo.weightDataBytes).toBe(fs.statSync(file(shards()[0]!)).size);
    const loaded = await tf.loadLayersModel(`file://${folderOf()}/model.json`);
    expect(outputOf(loaded)).toEqual(outputOf(model));
    expect(outputOf((await loadTfjs(folderOf())).model)).toEqual(outputOf(model));
    expect((await askStock()).weights).toEqual(valuesOf(model));
    await expect(tf.loadLayersModel(`file://${folderOf('none')}/model.json`)).rejects.toThrow(
      `Expected a model of tfjs at ${folderOf('none')}/model.json`,
    );
  });

  test('is left to another who knows it, such as tfjs-node, and to nobody else', async () => {
    expect(tf.io.getLoadHandlers('file://a/model.json')).toHaveLength(1);
    expect(tf.io.getLoadHandlers('https://a/model.json')).toHaveLength(1); // tfjs's own
    const other = { load: () => Promise.reject(new Error('the other’s')) };
    tf.io.registerLoadRouter((url) =>
      String(url).startsWith('file://other') ? other : (null as unknown as tf.io.IOHandler),
    );
    expect(tf.io.getLoadHandlers('file://other/model.json')).toEqual([other]);
    expect(tf.io.getLoadHandlers('file://a/model.json')).toHaveLength(1);
  });
});
