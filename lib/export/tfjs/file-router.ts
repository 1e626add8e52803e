import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { artifactsOf, isFileUrl, pathOf, readModelFolder, writeModelFolder } from './model-folder';

type Router = Parameters<typeof tf.io.registerLoadRouter>[0];

/** While others are asked whether they know files. */
let isAsking = false;

/**
 * Makes `tf.loadLayersModel('file://<folder>/model.json')` and `model.save('file://<folder>')` work, which stock tfjs leaves to tfjs-node:
 * importing this library is enough. Where tfjs-node, or another, handles files, before or since, it goes on to, for tfjs takes one at most.
 */
function registerFileRouter(): void {
  if (othersKnow(tf.io.getLoadHandlers)) return;
  tf.io.registerLoadRouter(route(tf.io.getLoadHandlers));
  tf.io.registerSaveRouter(route(tf.io.getSaveHandlers));
}

const othersKnow = (handlersOf: (url: string) => unknown[], url = 'file://model.json'): boolean =>
  handlersOf(url).length > 0;

function route(handlersOf: (url: string) => unknown[]): Router {
  const handlerOf = (url: string | string[]): tf.io.IOHandler | null => {
    if (isAsking || typeof url !== 'string' || !isFileUrl(url)) return null;
    isAsking = true;
    try {
      return othersKnow(handlersOf, url) ? null : fileHandler(url);
    } finally {
      isAsking = false;
    }
  };
  return handlerOf as Router; // tfjs asks for null where there is none, which its types leave out
}

function fileHandler(url: string): tf.io.IOHandler {
  return {
    load: async () => artifactsOf(readModelFolder(url)),
    save: async (artifacts) => save(path.resolve(pathOf(url)), artifacts),
  };
}

function save(folder: string, artifacts: tf.io.ModelArtifacts): tf.io.SaveResult {
  const { modelTopology, format, generatedBy, convertedBy, trainingConfig, userDefinedMetadata } = artifacts;
  const { weightData, weightSpecs = [] } = artifacts;
  writeModelFolder(folder, {
    json: {
      modelTopology: modelTopology!,
      format,
      generatedBy,
      convertedBy,
      trainingConfig,
      userDefinedMetadata,
    },
    entries: weightSpecs,
    bytes: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
  });
  return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
}

registerFileRouter();
