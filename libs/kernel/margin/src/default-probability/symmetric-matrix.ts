/** Dense symmetric matrices, row by row. Only + − × ÷ √, in one fixed order. */
export type Eigen = Readonly<{
  values: Float64Array;
  /** Column k of the n × n matrix is the vector of value k. */
  vectors: Float64Array;
}>;

const SWEEPS = 60;

/** Eigenvalues and vectors by cyclic Jacobi rotations, to the last digits. */
export const eigenOf = (matrix: Float64Array, n: number): Eigen => {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let k = 0; k < n; k++) v[k * n + k] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    let size = 0;
    for (let p = 0; p < n; p++)
      for (let q = 0; q < n; q++) {
        const square = a[p * n + q]! * a[p * n + q]!;
        if (p !== q) off += square;
        size += square;
      }
    if (!(off > 1e-30 * size)) break;
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  }
  return { values: Float64Array.from({ length: n }, (_, k) => a[k * n + k]!), vectors: v };
};

const rotate = (a: Float64Array, v: Float64Array, n: number, p: number, q: number): void => {
  const apq = a[p * n + q]!;
  if (apq === 0) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const akp = a[k * n + p]!;
    const akq = a[k * n + q]!;
    a[k * n + p] = c * akp - s * akq;
    a[k * n + q] = s * akp + c * akq;
  }
  for (let k = 0; k < n; k++) {
    const apk = a[p * n + k]!;
    const aqk = a[q * n + k]!;
    a[p * n + k] = c * apk - s * aqk;
    a[q * n + k] = s * apk + c * aqk;
    const vkp = v[k * n + p]!;
    const vkq = v[k * n + q]!;
    v[k * n + p] = c * vkp - s * vkq;
    v[k * n + q] = s * vkp + c * vkq;
  }
};

/**
 * A root of a covariance: V·√λ, so that root · z has the covariance for independent z. Negative eigenvalues,
 * which come from pairs observed over different times, are taken as 0.
 */
export const rootOf = (covariance: Float64Array, n: number): Float64Array => {
  const { values, vectors } = eigenOf(covariance, n);
  return vectors.map((value, at) => value * Math.sqrt(Math.max(0, values[at % n]!)));
};

/** Solves M·x = y for a positive definite M, which is overwritten (Cholesky). */
export const solvePositive = (m: Float64Array, y: Float64Array): Float64Array => {
  const n = y.length;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = m[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= m[i * n + k]! * m[j * n + k]!;
      m[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / m[j * n + j]!;
    }
  }
  const x = y.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= m[i * n + k]! * x[k]!;
    x[i]! /= m[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= m[k * n + i]! * x[k]!;
    x[i]! /= m[i * n + i]!;
  }
  return x;
};
