// Jest runs tests in a realm of its own, whose typed arrays are not Node's: onnxruntime refuses them
// ("must be type of function Float32Array"). This environment shares the host's.
const { TestEnvironment } = require('jest-environment-node');

const SHARED = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Float32Array',
  'Float64Array',
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Uint32Array',
];

process.env['WHITTLE_CACHE'] = 'off'; // tests find nothing that earlier ones left in the user's cache

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED) this.global[name] = globalThis[name];
  }
};
