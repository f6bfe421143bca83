import { describe, expect, it } from '@jest/globals';
import { POOLS_LOCATION, houseParameters } from '@plinth/margin';
import { canonicalJson } from './canonical-json.ts';
import { formatCellParameters, parseCellParameters, type CellParameters } from './cell-parameters.ts';
import { effectiveParameters } from './effective-parameters.ts';

const house: CellParameters = { margin: houseParameters, call: { graceMs: 60_000 } };

const firstField = (change: (json: Record<string, Record<string, unknown>>) => void): string | undefined => {
  const json = JSON.parse(formatCellParameters(house)) as Record<string, Record<string, unknown>>;
  change(json);
  return parseCellParameters(JSON.stringify(json)).problems?.[0].field;
};

type Tree = number | string | boolean | { readonly [key: string]: Tree };

/** Where numbers stand in a set of parameters: `margin.depegs[0].shocks[0].fraction`. */
function* numbersOf(tree: Tree, path: string): Generator<string> {
  if (typeof tree === 'number') yield path;
  else if (Array.isArray(tree))
    for (const [n, item] of tree.entries()) yield* numbersOf(item as Tree, `${path}[${n}]`);
  else if (typeof tree === 'object')
    for (const [key, item] of Object.entries(tree))
      yield* numbersOf(item, path === '' ? key : `${path}.${key}`);
}

const setAt = (json: object, path: string, value: number): void => {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  const last = keys.pop() ?? '';
  const parent = keys.reduce(
    (tree, key) => tree[key] as Record<string, unknown>,
    json as Record<string, unknown>,
  );
  parent[last] = value;
};

describe('canonical JSON', () => {
  it('does not depend on the order of fields', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: 'x' })).toBe('{"a":"x","b":[{"c":2,"d":1}]}');
  });
});

describe('cell parameters', () => {
  it('come back from their text', () => {
    expect(parseCellParameters(formatCellParameters(house)).parameters).toEqual(house);
  });

  it('name a field that is missing, unknown, of another kind, or out of bounds', () => {
    expect(firstField((json) => delete json['call']?.['graceMs'])).toBe('call.graceMs');
    expect(firstField((json) => Object.assign(json['margin'] ?? {}, { speed: 1 }))).toBe('margin.speed');
    expect(firstField((json) => Object.assign(json['margin'] ?? {}, { underlyings: {} }))).toBe(
      'margin.underlyings',
    );
    expect(firstField((json) => Object.assign(json['margin'] ?? {}, { venues: [null] }))).toBe(
      'margin.venues[0]',
    );
    expect(firstField((json) => Object.assign(json['call'] ?? {}, { graceMs: 999 }))).toBe('call.graceMs');
    expect(firstField((json) => Object.assign(json['call'] ?? {}, { graceMs: 1e3 + 0.5 }))).toBe(
      'call.graceMs',
    );
    expect(firstField((json) => Object.assign(json['margin'] ?? {}, { imShockMultiplier: 9 }))).toBe(
      'margin.imShockMultiplier',
    );
    expect(firstField(() => undefined)).toBeUndefined();
  });

  it('have bounds on every number, and name the one that is beyond them', () => {
    const numbers = [...numbersOf(JSON.parse(formatCellParameters(house)) as Tree, '')];
    expect(numbers.length).toBeGreaterThan(50);
    const named = (value: number) =>
      numbers.filter((path) => firstField((json) => setAt(json, path, value)) !== path);
    expect(named(-1e9)).toEqual([]);
    // Daily volumes have no upper bound to speak of.
    expect(named(1e300).filter((path) => !path.endsWith('dailyVolumeUsd'))).toEqual([]);
  });

  it('of a set that charged matched vega have the twists of the house in its place', () => {
    const old = { ...houseParameters, options: { shortMinimum: 0.011, vegaTerm: 0.1 } };
    const { parameters } = parseCellParameters(JSON.stringify({ ...house, margin: old }));
    expect(parameters?.margin.options).toEqual({ ...houseParameters.options, shortMinimum: 0.011 });
  });

  it('are refused when they are too long or no JSON', () => {
    expect(parseCellParameters('{').problems?.[0].field).toBe('parametersJson');
    expect(parseCellParameters(' '.repeat(200_001)).problems?.[0].message).toContain('200000');
  });
});

describe('effective parameters', () => {
  const venue = {
    ...{ id: 'alpha', kind: 'cex', chain: '', makerFeePpm: 0, takerFeePpm: 0, creditLimit: '1', state: 'up' },
    ...{ defaultProbabilityPpm: 900_000, lossGivenDefaultPpm: 600_000, requirementPpm: 50_000 },
    ...{ transferablePpm: 2_000_000, listings: new Map<string, never>(), orderCost: '0', rulebook: 'flat' },
  } as never;

  it('take a venue as it was registered, within bounds, unless the set names it', () => {
    const [first, pools] = effectiveParameters(houseParameters, [venue]).venues;
    expect(first).toEqual({
      venue: 'venue:alpha',
      ...{ defaultProbability: 0.5, lossGivenDefault: 0.6, requirementFraction: 0.05, transferableShare: 1 },
      transferHours: houseParameters.otherVenues.transferHours,
    });
    expect(pools?.venue).toBe(POOLS_LOCATION);
    const own = { ...houseParameters.otherVenues, venue: 'alpha', transferHours: 3 };
    const named = effectiveParameters({ ...houseParameters, venues: [own] }, [venue]).venues;
    expect(named[0]).toEqual({ ...own, venue: 'venue:alpha' });
  });
});
