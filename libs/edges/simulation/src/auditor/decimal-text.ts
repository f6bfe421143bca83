/**
 * Signed decimal text as an integer of 1e-36: the auditor's own arithmetic, apart from the money library it
 * audits.
 */
const SCALE = 36;

export const exact = (text: string): bigint => {
  const match = /^(-?)(\d+)(?:\.(\d{1,36}))?$/.exec(text === '' ? '0' : text);
  if (match === null) throw new Error(`Expected a decimal, was ${JSON.stringify(text)}`);
  const [, sign, whole = '0', fraction = ''] = match;
  const units = BigInt(whole) * 10n ** BigInt(SCALE) + BigInt(fraction.padEnd(SCALE, '0'));
  return sign === '-' ? -units : units;
};

export const text = (units: bigint): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -SCALE)}${fraction === '' ? '' : `.${fraction}`}`;
};
