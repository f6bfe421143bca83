/**
 * Most significant digits of an amount or a quantity: |units| < 10^38 (fits PostgreSQL numeric(38) and
 * 128-bit integers).
 */
export const MAX_UNITS_DIGITS = 38;

/** Most decimals of an asset, an instrument's quantity or a decimal read from outside. */
export const MAX_SCALE = 36;

/** Most digits before and after the point of a decimal (price, rate, index) read from outside. */
export const MAX_DECIMAL_INTEGER_DIGITS = 38;

/** Decimals of a lending index and of the growth factors that move it (a "ray"). */
export const INDEX_DIGITS = 27;

/** Longest number text that is looked at at all: sign, 38 digits, point, 36 decimals. */
export const MAX_TEXT_LENGTH = 76;

/** Most parts that one amount is allocated to. */
export const MAX_ALLOCATION_PARTS = 1_000_000;

/** Longest period that one call compounds over, in seconds: 100 years of 365 days. */
export const MAX_COMPOUND_SECONDS = 3_153_600_000;
