import { BrokenField } from './broken-rows.ts';

/** Refuses a time that is not after (or, where `mayRepeat`, before) the one of the row before. */
export const risingTime = (mayRepeat: boolean): ((column: string, ms: number) => number) => {
  let last = -1;
  return (column, ms) => {
    if (ms < last || (ms === last && !mayRepeat)) {
      throw new BrokenField(column, `Expected ${column} to rise from ${last}, was ${ms}`);
    }
    last = ms;
    return ms;
  };
};
