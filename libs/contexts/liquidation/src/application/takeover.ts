import type { AssetPrice } from '@plinth/messages';
import { decimalOf, decimalToFloat, floatToText, formatUnits } from '@plinth/money';
import { conservativePrices, type PortfolioView } from '@plinth/portfolio';
import { debtUnits } from './tradable-legs.ts';

type Prices = Readonly<{ low: number; high: number }>;

/** Digits of a price in USD at which something is taken over. */
const PRICE_DIGITS = 12;

/**
 * What the house would take over of an account, at which prices: everything that it holds or has lent out and
 * that has a price, against everything that it owes. `worth` is that in USD at the low prices.
 */
export const takeoverOf = (
  portfolio: PortfolioView,
  accountId: string,
): Readonly<{ collateral: readonly AssetPrice[]; debts: readonly AssetPrice[]; worth: number }> => {
  const { ledger } = portfolio;
  const held = [...new Set([...ledger.totalsOf(accountId).keys(), ...ledger.suppliedOf(accountId).keys()])];
  const collateral: AssetPrice[] = [];
  let worth = 0;
  for (const asset of held.sort()) {
    const units =
      (ledger.totalsOf(accountId).get(asset) ?? 0n) + (ledger.suppliedOf(accountId).get(asset)?.units ?? 0n);
    const price = pricesOf(portfolio, asset).low;
    const text = floatToText(price, PRICE_DIGITS, 'floor');
    if (units <= 0n || text === '0') continue;
    worth += price * decimalToFloat(decimalOf(formatUnits(units, ledger.scaleOf(asset))));
    collateral.push({ asset, price: text });
  }
  const debts = [...ledger.debtsOf(accountId).keys()].sort().flatMap((asset) => {
    const price = floatToText(pricesOf(portfolio, asset).high, PRICE_DIGITS, 'ceil');
    return price === '0' ? [] : [{ asset, price }];
  });
  return { collateral, debts, worth };
};

const pricesOf = (portfolio: PortfolioView, asset: string): Prices => {
  const figures = portfolio.marks.ofAsset(asset);
  return figures === undefined ? { low: 0, high: 0 } : conservativePrices(figures);
};

/** All that the account owes, by asset, with its interest: what it cannot pay when nothing is left. */
export const debtsOf = (
  portfolio: PortfolioView,
  accountId: string,
): readonly Readonly<{ asset: string; amount: string }>[] =>
  [...portfolio.ledger.debtsOf(accountId).keys()].sort().flatMap((asset) => {
    const units = debtUnits(portfolio, accountId, asset);
    const amount = formatUnits(units, portfolio.ledger.scaleOf(asset));
    return units > 0n ? [{ asset, amount }] : [];
  });
