/** 365 days, everywhere. */
export const YEAR_SECONDS = 31_536_000;
