import type { Book } from '../book.ts';
import { assetOfKey, locationOfKey } from '../book.ts';
import { NUMERAIRE } from '../catalogue.ts';
import { profitOf } from '../equity.ts';
import { UNITS, UNIT_SETTLED } from '../position-units.ts';
import type { RiskModel } from '../risk-model.ts';

/**
 * The account as it is left when venues fail: positions there are void, and what it has standing there
 * (balances and unrealised profit together, per venue) is lost in full; what it owes there by these it still
 * owes. Everything at the model's prices.
 */
export const loadWithoutVenues = (
  model: RiskModel,
  from: Book,
  account: number,
  failed: ReadonlySet<number>,
  to: Book,
  place: number,
): void => {
  const content = from.read(account);
  const { catalogue, assets, positions: arrays } = model;
  const { balances, positions } = from;
  const standing = new Map<number, number>();
  const add = (location: number, worth: number): void => {
    if (failed.has(location)) standing.set(location, (standing.get(location) ?? 0) + worth);
  };
  for (let n = 0; n < balances.count[account]!; n++) {
    const row = balances.start[account]! + n;
    const key = balances.key[row]!;
    add(locationOfKey(key), balances.value[row]! * assets.price[assetOfKey(key)]!);
  }
  for (let n = 0; n < positions.count[account]!; n++) {
    const row = positions.start[account]! + n;
    const i = positions.key[row]!;
    const profit = profitOf(model, i, positions.value[row]!, positions.extra[row]!);
    add(catalogue.instrumentEntries[i]!.location, profit * arrays.units[i * UNITS + UNIT_SETTLED]!);
  }
  const owed = [...standing.values()].reduce((sum, worth) => sum + Math.max(0, -worth), 0);
  const isGone = (location: string): boolean => failed.has(catalogue.locations.indexOf(location));
  const debts = content.debts.filter(({ asset }) => asset !== NUMERAIRE);
  const usd = content.debts.find(({ asset }) => asset === NUMERAIRE)?.amount ?? 0;
  to.load(place, {
    positions: content.positions.filter(
      ({ instrument }) =>
        !failed.has(catalogue.instrumentEntries[catalogue.instruments.indexOf(instrument)]!.location),
    ),
    balances: content.balances.filter(({ location }) => !isGone(location)),
    debts: [...debts, { asset: NUMERAIRE, amount: usd + owed }],
  });
};
