import util from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { UserError } from '../../lib/core/errors';
import { registerSegmentSum } from './segment-sum';
import { fixWasm } from './wasm-fixes';

/** What makes a backend known to tfjs, for those that do not come with it. */
const LOADERS: Readonly<Record<string, () => void>> = {
  wasm: () => require('@tensorflow/tfjs-backend-wasm'),
  tensorflow: loadTensorflow,
};

/** What a backend needs to train. */
const FIXES: Readonly<Record<string, () => void>> = {
  cpu: () => registerSegmentSum('cpu'),
  wasm: fixWasm,
};

/**
 * Starts a tfjs backend, loading it first if need be: `cpu`, `wasm`, `tensorflow` (when `@tensorflow/tfjs-node-gpu` or
 * `@tensorflow/tfjs-node` is installed), or any that was registered before. The current one stays; from now on `tf.setBackend` switches
 * to this one at once.
 *
 * @throws UserError if there is no such backend, or it does not start.
 */
export async function startBackend(name: string): Promise<void> {
  if (!tf.findBackendFactory(name)) LOADERS[name]?.();
  const factory = tf.findBackendFactory(name);
  if (!factory) {
    const known = new Set(['cpu', ...Object.keys(LOADERS), ...Object.keys(tf.engine().registryFactory)]);
    throw new UserError(`Unknown tfjs backend "${name}": expected one of ${[...known].join(', ')}.`);
  }
  FIXES[name]?.();
  try {
    await started(name, factory);
  } catch (error) {
    throw new UserError(`The tfjs backend "${name}" did not start on this machine: ${String(error)}`, {
      cause: error,
    });
  }
}

type Factory = ReturnType<typeof tf.findBackendFactory>;

/** Backends that are being started. */
const starting = new Map<string, Promise<tf.KernelBackend>>();

/** `tf.setBackend` would start it, too, but nothing else can compute on any backend meanwhile: no other training. */
async function started(name: string, factory: Factory): Promise<void> {
  const { registry } = tf.engine();
  if (registry[name]) return;
  const start = starting.get(name) ?? Promise.resolve().then(factory);
  starting.set(name, start);
  try {
    registry[name] ??= await start;
  } finally {
    starting.delete(name);
  }
}

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

function loadTensorflow(): void {
  // tfjs-node 4.22 calls this function, which Node 23 removed.
  const legacy = util as { isNullOrUndefined?: (value: unknown) => boolean };
  legacy.isNullOrUndefined ??= (value) => value === undefined || value === null;
  const installed = PACKAGES.find(isInstalled);
  if (!installed) {
    throw new UserError(
      'The tensorflow backend is not installed: run "npm install @tensorflow/tfjs-node" (or @tensorflow/tfjs-node-gpu for an ' +
        'NVIDIA GPU), or choose another backend.',
    );
  }
  try {
    require(installed);
  } catch (error) {
    throw new UserError(`${installed} is installed but cannot be loaded: ${String(error)}`, { cause: error });
  }
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
