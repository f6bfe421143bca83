/** Numbers with so many decimals in one whole number: the arithmetic of the second derivations. */
export const DIGITS = 120;
export const UNIT = 10n ** BigInt(DIGITS);

/** Decimal text, or the digits that a float is written with, exactly. */
export const fixed = (value: number | string): bigint => {
  const [mantissa = '0', power = '0'] = String(value).toLowerCase().split('e');
  const [whole = '0', part = ''] = mantissa.replace('-', '').split('.');
  const places = part.length - Number(power);
  if (places > DIGITS) throw new Error(`Expected at most ${DIGITS} decimals, was ${value}`);
  const size = BigInt(whole + part) * 10n ** BigInt(DIGITS - places);
  return mantissa.startsWith('-') ? -size : size;
};

export const times = (a: bigint, b: bigint): bigint => (a * b) / UNIT;
export const over = (a: bigint, b: bigint): bigint => (a * UNIT) / b;

/** To a float, for a comparison within a float's own precision. */
export const floated = (value: bigint): number => {
  const text = (value < 0n ? -value : value).toString().padStart(DIGITS + 1, '0');
  return Number(`${value < 0n ? '-' : ''}${text.slice(0, -DIGITS)}.${text.slice(-DIGITS)}`);
};

/** e^x = (e^(x/2^k))^(2^k), the inner one by its series. */
export const exponential = (x: bigint): bigint => {
  const halvings = 12;
  const small = x / 2n ** BigInt(halvings);
  let [sum, term] = [UNIT, UNIT];
  for (let n = 1n; term !== 0n; n++) {
    term = times(term, small) / n;
    sum += term;
  }
  for (let n = 0; n < halvings; n++) sum = times(sum, sum);
  return sum;
};

/** Newton on whole numbers. */
export const squareRoot = (x: bigint): bigint => {
  const target = x * UNIT;
  let root = 10n ** BigInt(Math.ceil(target.toString().length / 2));
  for (;;) {
    const next = (root + target / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
};

/** ln x = 2^k · 2·artanh((y − 1)/(y + 1)) with y = x^(1/2^k). */
export const logarithm = (x: bigint): bigint => {
  let [y, scale] = [x, 2n];
  while (y > (UNIT * 11n) / 10n || y < (UNIT * 9n) / 10n) [y, scale] = [squareRoot(y), scale * 2n];
  const z = over(y - UNIT, y + UNIT);
  const square = times(z, z);
  let [sum, power] = [0n, z];
  for (let n = 1n; power !== 0n; n += 2n) {
    sum += power / n;
    power = times(power, square);
  }
  return scale * sum;
};

/** 2π, sixty decimals. */
const TWO_PI = fixed('6.283185307179586476925286766559005768394338798750211641949889');

export const density = (x: bigint): bigint =>
  x > FAR || x < -FAR ? 0n : over(exponential(-times(x, x) / 2n), squareRoot(TWO_PI));

/** Beyond so many deviations less than 10⁻⁸⁸ is left. */
const FAR = 20n * UNIT;

/** N(x) = ½ + φ(x) · (x + x³/3 + x⁵/(3·5) + …) */
export const normal = (x: bigint): bigint => {
  if (x > FAR || x < -FAR) return x > 0n ? UNIT : 0n;
  const square = times(x, x);
  let [sum, term] = [x, x];
  for (let n = 3n; term !== 0n; n += 2n) {
    term = times(term, square) / n;
    sum += term;
  }
  return UNIT / 2n + times(density(x), sum);
};
