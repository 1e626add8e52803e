import * as tf from '@tensorflow/tfjs';

/**
 * tfjs's `cpu` backend advises at its first tensor in Node to install tfjs-node. Who imports this package has an engine; and tfjs has no
 * switch for it but production mode, which turns its checks off too.
 */
const cpu = tf.findBackend('cpu') as { firstUse?: boolean };
Object.defineProperty(Object.getPrototypeOf(cpu), 'firstUse', { get: () => false, set: () => undefined });
delete cpu.firstUse; // its own, from before
