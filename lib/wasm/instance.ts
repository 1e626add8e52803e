import { binary } from './binary';
import { Instance, Module, type LinearMemory } from './web-assembly';

/** A byte address in the instance's memory; 0 is no array. */
type Address = number;

/** What assembly/index.ts exports; counts are in elements. */
export interface Kernels {
  adamw(
    weights: Address,
    m: Address,
    v: Address,
    gradient: Address,
    n: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    gradientScale: number,
    correction1: number,
    correction2: number,
  ): void;
  sgd(
    weights: Address,
    velocity: Address,
    gradient: Address,
    n: number,
    learningRate: number,
    momentum: number,
    weightDecay: number,
    gradientScale: number,
    nesterov: number,
  ): void;
  applyMask(x: Address, mask: Address, n: number): void;
  sumOfSquares(x: Address, mask: Address, n: number): number;
  accumulate(into: Address, x: Address, n: number): void;
  columnScales(weights: Address, scales: Address, rows: number, columns: number, limit: number): void;
  columnCodes(
    weights: Address,
    codes: Address,
    scales: Address,
    rows: number,
    columns: number,
    limit: number,
  ): void;
  rowScales(weights: Address, scales: Address, rows: number, columns: number, limit: number): void;
  rowCodes(
    weights: Address,
    codes: Address,
    scales: Address,
    rows: number,
    columns: number,
    limit: number,
  ): void;
  countUpper(x: Address, n: number, counts: Address): void;
  countLower(x: Address, n: number, counts: Address, upper: number): void;
  countBelow(x: Address, n: number, key: number): number;
  maskFrom(x: Address, n: number, key: number, out: Address): void;
  sumOfSigmoids(x: Address, n: number): number;
  keepMask(out: Address, n: number, key: number, threshold: number): void;
  normals(out: Address, n: number, key: number, mean: number, stddev: number): void;
}

let program: object | undefined;

/** The kernels, working on this memory. They are compiled once per process. */
export function instantiate(memory: LinearMemory): Kernels {
  program ??= new Module(Uint8Array.from(atob(binary), (letter) => letter.charCodeAt(0))); // browsers have no Buffer
  return new Instance(program, { env: { memory } }).exports as Kernels;
}
