/** Digits of text in groups of three. */
const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+$)/g, ' ');

/**
 * Every number that a report shows: groups of three, `digits` decimals, a true minus sign. Text is a decimal
 * of any length; it is cut, not rounded, so that it never shows more than was there.
 */
export const numberText = (value: number | string, digits = 0): string => {
  if (value === '') return '–';
  if (typeof value === 'number' && !Number.isFinite(value)) return '–';
  const plain = typeof value === 'number' ? value.toFixed(digits) : value;
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(plain) ?? [];
  const decimals = digits === 0 ? '' : `.${fraction.slice(0, digits).padEnd(digits, '0')}`;
  const isZero = !/[1-9]/.test(whole + decimals);
  return `${sign === '' || isZero ? '' : '−'}${grouped(whole)}${decimals}`;
};

/** A share of one as a percentage with one decimal. */
export const percentText = (share: number): string => `${numberText(share * 100, 1)} %`;

/** Whole dollars, in thousands, millions or billions when they are many; for axes and tiles. */
export const shortText = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 1e9) return `${numberText(value / 1e9, 1)} bn`;
  if (size >= 1e6) return `${numberText(value / 1e6, 1)} M`;
  if (size >= 1e4) return `${numberText(value / 1e3)} k`;
  return numberText(value, size < 10 && size > 0 ? 2 : 0);
};

/** `2026-01-01 10:05` of milliseconds since 1970, UTC. */
export const timeText = (atMs: number): string =>
  Number.isFinite(atMs) && atMs > 0 ? new Date(atMs).toISOString().slice(0, 16).replace('T', ' ') : '–';
