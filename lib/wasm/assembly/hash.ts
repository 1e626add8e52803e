// Random bits as a hash of a counter (lowbias32, C. Wellons). A stream starts at a hash of its key, and a second hash of the key
// enters between the rounds: otherwise two streams whose starts lie close would be shifted copies of each other.

/** The first four counters of a stream. */
export function firstCounters(key: i32): v128 {
  return i32x4.add(i32x4.splat(mix(key ^ 0x9e3779b9)), i32x4(0, 1, 2, 3));
}

/** What tells a stream from another one that has the same counters. */
export function innerKey(key: i32): v128 {
  return i32x4.splat(mix(key ^ 0x3c6ef372));
}

/** 32 random bits per counter. */
export function mixLanes(x: v128, inner: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.add(x, inner);
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

function mix(x: i32): i32 {
  x = (x ^ (x >>> 16)) * 0x7feb352d;
  x = (x ^ (x >>> 15)) * 0x846ca68b;
  return x ^ (x >>> 16);
}
