import { InvalidNumber, canonicalText } from '@plinth/money';

// Programs that record data write small numbers as 6.24e-05 and zero as `0.`: both have one exact meaning.
// Unlike a client, a recording cannot be asked to send something else.
const RECORDED = /^(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,2}))?$/;

/** A number of a recording as canonical plain text, exactly. Throws `InvalidNumber` naming `field`. */
export const recordedNumber = (text: string, field: string): string => {
  const match = RECORDED.exec(text);
  if (match === null) throw new InvalidNumber(field, 'a decimal number', text);
  const [, sign = '', whole = '', fraction = '', exponent] = match;
  const digits = whole + fraction;
  const point = whole.length + (exponent === undefined ? 0 : Number.parseInt(exponent, 10));
  const before = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const after = point < 0 ? '0'.repeat(-point) + digits : digits.slice(point);
  const plain = `${sign}${before.replace(/^0+(?=[0-9])/, '')}${after === '' ? '' : `.${after}`}`;
  try {
    return canonicalText(plain, field);
  } catch (error) {
    // The text as it was sent tells more than the one made of it.
    throw error instanceof InvalidNumber
      ? new InvalidNumber(field, 'a decimal number of up to 76 digits', text)
      : error;
  }
};
