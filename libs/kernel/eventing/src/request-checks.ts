import { isId, type IdKind } from '@plinth/market';
import { compareDecimal, decimalOf, InvalidNumber, ZERO, type Decimal } from '@plinth/money';
import { reject, type Rejection } from './decider.ts';
import { MAX_NUMBER_LENGTH } from './limits.ts';
import type { CommandContext } from './service.ts';

/** A field of a request that is not what it must be. Thrown inside `checked` only. */
export class InvalidField extends Error {
  override readonly name = 'InvalidField';
  readonly field: string;
  constructor(field: string, expected: string) {
    super(`Expected ${field} to be ${expected}`);
    this.field = field;
  }
}

/** Turns a refused field into a rejection of the whole request; everything else is a bug and goes on. */
export const checked = <T>(plan: () => T | Rejection): T | Rejection => {
  try {
    return plan();
  } catch (error) {
    if (error instanceof InvalidField || error instanceof InvalidNumber) {
      return reject('INVALID_FIELD', error.message, { field: error.field, reason: 'invalid' });
    }
    throw error;
  }
};

export const operatorsOnly = (context: CommandContext): Rejection | undefined =>
  context.tenant === 'operator'
    ? undefined
    : reject('OPERATORS_ONLY', 'Expected an operator, was a client: ask the operator of this broker');

export const requireId = (kind: IdKind, value: string, field: string): string => {
  if (!isId(kind, value)) throw new InvalidField(field, `an id of kind ${kind} (see the glossary)`);
  return value;
};

export const requireOneOf = <T extends string>(value: string, all: readonly T[], field: string): T => {
  const found = all.find((one) => one === value);
  if (found === undefined) throw new InvalidField(field, `one of ${all.join(', ')}`);
  return found;
};

export const requireWhole = (value: number, field: string, least: number, most: number): number => {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new InvalidField(field, `a whole number from ${least} to ${most}`);
  }
  return value;
};

/** Plain decimal text of bounded length; NaN, Infinity and exponents are refused by the parser. */
export const requireDecimal = (text: string, field: string): string => {
  if (text.length > MAX_NUMBER_LENGTH) {
    throw new InvalidField(field, `a decimal number of at most ${MAX_NUMBER_LENGTH} characters`);
  }
  decimalOf(text, field);
  return text;
};

export const requireAtLeastZero = (text: string, field: string): string => {
  requireDecimal(text, field);
  if (compareDecimal(decimalOf(text, field), ZERO) < 0) throw new InvalidField(field, 'at least 0');
  return text;
};

export const requirePositive = (text: string, field: string): string => {
  requireDecimal(text, field);
  if (compareDecimal(decimalOf(text, field), ZERO) <= 0) throw new InvalidField(field, 'over 0');
  return text;
};

/** Plain decimal text within inclusive bounds, with at most so many decimals. */
export const requireBetween = (
  text: string,
  field: string,
  least: string,
  most: string,
  decimalsMax: number,
): Decimal => {
  requireDecimal(text, field);
  const value = decimalOf(text, field, decimalsMax);
  if (compareDecimal(value, decimalOf(least)) < 0 || compareDecimal(value, decimalOf(most)) > 0)
    throw new InvalidField(field, `${least} to ${most}`);
  return value;
};
