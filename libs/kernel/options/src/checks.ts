/** A wrong input: says which field, what was expected and what was found. */
export class OptionInputError extends Error {
  override readonly name = 'OptionInputError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.field = field;
  }
}

export const refuse = (field: string, message: string): never => {
  throw new OptionInputError(field, message);
};

/** Refuses NaN, infinities and whatever lies outside of [min, max]. */
export const checkBetween = (field: string, value: number, min: number, max: number): void => {
  if (!(value >= min && value <= max)) refuse(field, `Expected a number from ${min} to ${max}, was ${value}`);
};

/** Refuses 0 too. */
export const checkPositive = (field: string, value: number, max: number): void => {
  if (!(value > 0 && value <= max)) refuse(field, `Expected a number above 0 and up to ${max}, was ${value}`);
};
