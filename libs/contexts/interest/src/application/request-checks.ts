import { reject, type CommandContext, type Rejection } from '@plinth/eventing';
import { isId, type IdKind } from '@plinth/market';
import { compareDecimal, decimalOf, InvalidNumber, type Decimal } from '@plinth/money';
import { LIMITS } from '../domain/limits.ts';

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

export const requireWhole = (value: number, field: string, least: number, most: number): number => {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new InvalidField(field, `a whole number from ${least} to ${most}`);
  }
  return value;
};

/** Plain decimal text within inclusive bounds; NaN, Infinity and exponents are refused by the parser. */
export const requireBetween = (text: string, field: string, least: string, most: string): Decimal => {
  if (text.length > LIMITS.numberLengthMax) {
    throw new InvalidField(field, `a decimal number of at most ${LIMITS.numberLengthMax} characters`);
  }
  const value = decimalOf(text, field, LIMITS.rateDecimalsMax);
  if (compareDecimal(value, decimalOf(least)) < 0 || compareDecimal(value, decimalOf(most)) > 0) {
    throw new InvalidField(field, `${least} to ${most}`);
  }
  return value;
};
