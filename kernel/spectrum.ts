// The inner loops of the front ends, in AssemblyScript: `npm run kernel` compiles them to src/dsp/kernel-code.ts.
// Four numbers at a time, float32 throughout. Pointers are byte offsets into the kernel's memory.

const LARGEST_FFT = 2048
const BYTES = 4
const FOUR = 16
const LN_2_HIGH: f32 = 0.693359375
const LN_2_LOW: f32 = -2.1219444e-4
const SQRT_HALF = f32(Math.SQRT1_2)

/** float32 [size]: what `weigh` reads. */
export const samples = memory.data(LARGEST_FFT * BYTES, FOUR)
/** float32 [size]: what `weigh` writes. */
export const weighted = memory.data(LARGEST_FFT * BYTES, FOUR)
/** float32 [size]: re₀, re at Nyquist, then re and im of bins 1 to size/2 − 1. */
export const spectrum = memory.data(LARGEST_FFT * BYTES, FOUR)
/** float32 [size/2 + 1] and room for a last step of four. */
export const power = memory.data((LARGEST_FFT / 2 + 4) * BYTES, FOUR)

/** float32 [filters]: what `applyFilters` and `levels` write, and `logarithms` goes over. */
export const bands = memory.data((LARGEST_FFT / 2) * BYTES, FOUR)

export function allocate(bytes: usize): usize {
  return heap.alloc(bytes)
}

/** weighted = samples · weights. `size` is a multiple of four. */
export function weigh(weights: usize, size: i32): void {
  for (let at: usize = 0, end = <usize>size * BYTES; at < end; at += FOUR) {
    v128.store(weighted + at, f32x4.mul(v128.load(samples + at), v128.load(weights + at)))
  }
}

/** power = the squared magnitudes of the spectrum's bins 0 to size/2. */
export function measurePower(size: i32): void {
  const half = <usize>size / 2
  for (let bin: usize = 0; bin < half; bin += 4) {
    const low = v128.load(spectrum + bin * 2 * BYTES)
    const high = v128.load(spectrum + bin * 2 * BYTES, FOUR)
    const re = v128.shuffle<f32>(low, high, 0, 2, 4, 6)
    const im = v128.shuffle<f32>(low, high, 1, 3, 5, 7)
    v128.store(power + bin * BYTES, f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im)))
  }
  const first = load<f32>(spectrum)
  const nyquist = load<f32>(spectrum + BYTES)
  store<f32>(power, first * first)
  store<f32>(power + half * BYTES, nyquist * nyquist)
}

/** bands[f] = the power that filter f lets through: a run of `weights` from offsets[f] to offsets[f + 1], upon the bins from first[f] on. */
export function applyFilters(filters: i32, first: usize, offsets: usize, weights: usize): void {
  for (let filter: usize = 0; filter < <usize>filters; filter += 1) {
    const from = <usize>load<i32>(offsets + filter * BYTES)
    const count = <usize>load<i32>(offsets + filter * BYTES, BYTES) - from
    const weight = weights + from * BYTES
    const bin = power + <usize>load<i32>(first + filter * BYTES) * BYTES
    const whole = count & ~3
    let sums = f32x4.splat(0)
    for (let at: usize = 0; at < whole * BYTES; at += FOUR) {
      sums = f32x4.add(sums, f32x4.mul(v128.load(weight + at), v128.load(bin + at)))
    }
    let sum =
      f32x4.extract_lane(sums, 0) +
      f32x4.extract_lane(sums, 2) +
      (f32x4.extract_lane(sums, 1) + f32x4.extract_lane(sums, 3))
    for (let at = whole * BYTES; at < count * BYTES; at += BYTES) sum += load<f32>(weight + at) * load<f32>(bin + at)
    store<f32>(bands + filter * BYTES, sum)
  }
}

/** bands = (factor · ln(max(bands, floor)) + offset) / scale. `count` is rounded up to a multiple of four; `floor` is a normal number. */
export function logarithms(count: i32, floor: f32, factor: f32, offset: f32, scale: f32): void {
  const floors = f32x4.splat(floor)
  for (let at: usize = 0, end = <usize>count * BYTES; at < end; at += FOUR) {
    const ln = naturalLogarithm(f32x4.max(v128.load(bands + at), floors))
    const scaled = f32x4.add(f32x4.mul(ln, f32x4.splat(factor)), f32x4.splat(offset))
    v128.store(bands + at, f32x4.div(scaled, f32x4.splat(scale)))
  }
}

/** bands[i] = factor · ln(power[first + i] · scale + floor), for `count` bins, rounded up to a multiple of four. */
export function levels(first: i32, count: i32, scale: f32, floor: f32, factor: f32): void {
  const from = power + <usize>first * BYTES
  for (let at: usize = 0, end = <usize>count * BYTES; at < end; at += FOUR) {
    const scaled = f32x4.mul(v128.load(from + at), f32x4.splat(scale))
    const ln = naturalLogarithm(f32x4.add(scaled, f32x4.splat(floor)))
    v128.store(bands + at, f32x4.mul(ln, f32x4.splat(factor)))
  }
}

/** ln of four normal positive numbers, by the polynomial of Cephes' logf (Moshier): at most 2 units in the last place off. */
function naturalLogarithm(x: v128): v128 {
  let exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(126)))
  let m = v128.or(v128.and(x, i32x4.splat(0x007fffff)), f32x4.splat(0.5))
  // Where m is below √½ it counts twice, and its exponent one less.
  const small = f32x4.lt(m, f32x4.splat(SQRT_HALF))
  exponent = f32x4.sub(exponent, v128.and(small, f32x4.splat(1)))
  m = f32x4.sub(f32x4.add(m, v128.and(small, m)), f32x4.splat(1))
  const square = f32x4.mul(m, m)
  let y = f32x4.splat(7.0376836292e-2)
  y = f32x4.add(f32x4.mul(y, m), f32x4.splat(-1.151461031e-1))
  y = f32x4.add(f32x4.mul(y, m), f32x4.splat(1.167699874e-1))
  y = f32x4.add(f32x4.mul(y, m), f32x4.splat(-1.2420140846e-1))
  y = f32x4.add(f32x4.mul(y, m), f32x4.splat(1.4249322787e-1))
  y = f32x4.add(f32x4.mul(y, m), f32x4.splat(-1.6668057665e-1))
  y = f32x4.add(f32x4.mul(y, m), f32x4.splat(2.0000714765e-1))
  y = f32x4.add(f32x4.mul(y, m), f32x4.splat(-2.4999993993e-1))
  y = f32x4.add(f32x4.mul(y, m), f32x4.splat(3.3333331174e-1))
  y = f32x4.mul(f32x4.mul(y, m), square)
  y = f32x4.add(y, f32x4.mul(exponent, f32x4.splat(LN_2_LOW)))
  y = f32x4.sub(y, f32x4.mul(square, f32x4.splat(0.5)))
  return f32x4.add(f32x4.add(m, y), f32x4.mul(exponent, f32x4.splat(LN_2_HIGH)))
}
