import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { leaveCopy, ownMemory } from '../../lib/core/shared-memory';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';

scopeEachTest();

/** A variable that shares its memory with nobody. */
const alone = (values: Float32Array): tf.Variable => tf.tidy(() => tf.variable(tf.tensor1d(values)));

describe('the own memory of a variable', () => {
  test('is its storage', () => {
    const values = Float32Array.of(1, 2);
    expect(ownMemory(alone(values))).toBe(values);
  });

  test.each([Float32Array.of(1, 2), Int32Array.of(1, 2)])(
    'is a copy where others share its storage: %p',
    (values) => {
      const [variable, clone] = tf.tidy(() => {
        const made = tf.variable(tf.tensor1d(values));
        return [made, tf.keep(made.clone())] as const;
      });
      const memory = ownMemory(variable)!;
      memory.fill(9);
      expect([...variable.dataSync(), ...clone.dataSync()]).toEqual([9, 9, 1, 2]);
      expect(ownMemory(variable)).toBe(memory);
      expect(ownMemory(tf.variable(clone))).not.toBe(values);
      expect(clone.dataSync()).toBe(values);
    },
  );

  test('is none where its array is read as a copy', () => {
    expect(ownMemory(tf.tidy(() => tf.variable(tf.tensor1d([true], 'bool'))))).toBeUndefined();
    expect(ownMemory(tf.tidy(() => tf.variable(tf.tensor1d([1], 'int32').toFloat())))).toBeUndefined();
  });

  test('is none on another backend', async () => {
    await tf.setBackend('wasm');
    expect(ownMemory(alone(Float32Array.of(1, 2)))).toBeUndefined();
  });

  test('stays where it is while another backend is in use', async () => {
    const values = Float32Array.of(1, 2);
    const [variable, shared] = [alone(values), alone(values)];
    shared.clone();
    await tf.setBackend('wasm');
    expect(ownMemory(variable)).toBe(values);
    expect(ownMemory(shared)).toBeUndefined();
  });
});

describe('leaving a copy', () => {
  test('gives it to all other users, as it was, and takes nothing from their number', () => {
    const memory = Float32Array.of(1, 2);
    const variable = alone(memory);
    const clones = [variable.clone(), variable.reshape([2, 1])];
    leaveCopy(variable.dataId, memory, 1);
    memory.fill(9);
    expect(clones.map((clone) => Array.from(clone.dataSync()))).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(tf.findBackend('cpu').refCount(variable.dataId)).toBe(3);
  });

  test('does nothing where there are no others, or they have other memory', () => {
    const memory = Float32Array.of(1, 2);
    const variable = alone(memory);
    leaveCopy(variable.dataId, memory, 1);
    expect(variable.dataSync()).toBe(memory);
    leaveCopy(variable.dataId, Float32Array.of(1, 2), 0);
    expect(variable.dataSync()).toBe(memory);
  });

  test('leaves no tensors behind', async () => {
    await expectNoLeak(() => {
      const memory = Float32Array.of(1, 2);
      const variable = alone(memory);
      const clone = variable.clone();
      leaveCopy(variable.dataId, memory, 1);
      ownMemory(variable);
      tf.dispose([variable, clone]);
    });
  });
});
