import { refuse } from '../checks.ts';

/** Lowest and highest value of each number of a parameter set, both allowed. */
export type Bounds<T> = Readonly<Record<keyof T & string, readonly [min: number, max: number]>>;

/** Refuses the first number out of its bounds, by name. */
export const checkBounds = <K extends string>(
  group: string,
  bounds: Readonly<Record<K, readonly [min: number, max: number]>>,
  values: Readonly<Record<K, number>>,
): void => {
  for (const key of Object.keys(bounds) as K[]) {
    const value: unknown = values[key];
    const [min, max] = bounds[key];
    if (!(typeof value === 'number' && value >= min && value <= max))
      refuse(`${group}.${key}`, `Expected a number from ${min} to ${max}, was ${String(value)}`);
  }
};

/** Terms of a coin in a rulebook's table; what it has none of is refused by name. */
export const termsOf = <T>(table: ReadonlyMap<string, T>, noun: string, name: string): T =>
  table.get(name) ?? refuse('parameters', `Expected terms of ${noun}${name}, was none`);
