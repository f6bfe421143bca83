import { SIGN, type Side } from '@plinth/market';
import { textToFloat, unitsToFloat } from '@plinth/money';
import { borrowRoom, type HypotheticalLeg, type PortfolioView } from '@plinth/portfolio';
import { restingLeg } from './open-order-terms.ts';

type Spending = Pick<HypotheticalLeg, 'instrumentId' | 'side' | 'quantity' | 'price'>;

/**
 * Assets that spot orders spend beyond what the account has and what the pool could lend. What all other
 * accounts may still borrow by orders and fills that stand before this order in the log is theirs: two orders
 * that are judged before either has drawn its loan never count on the same cash.
 */
export const poolsDry = (
  portfolio: PortfolioView,
  accountId: string,
  resting: readonly HypotheticalLeg[],
  leg: HypotheticalLeg,
): readonly string[] => {
  const asset = spendOf(portfolio, leg)?.asset;
  if (asset === undefined) return [];
  const borrowed = borrowedBy(portfolio, accountId, asset, [leg, ...resting]);
  if (borrowed <= 0) return [];
  // Nothing is lent beyond the stop of the pool's curve, whatever cash there is.
  const cash = borrowRoom(portfolio, asset);
  return borrowed > cash || borrowed > cash - borrowedByOthers(portfolio, accountId, asset, cash)
    ? [asset]
    : [];
};

/** What these orders spend of the asset beyond what the account has of it. */
const borrowedBy = (
  portfolio: PortfolioView,
  accountId: string,
  asset: string,
  spendings: readonly Spending[],
): number => {
  const { ledger } = portfolio;
  const spent = spendings.reduce((sum, spending) => {
    const one = spendOf(portfolio, spending);
    return one?.asset === asset ? sum + one.amount : sum;
  }, 0);
  const owned = unitsToFloat(ledger.totalsOf(accountId).get(asset) ?? 0n, ledger.scaleOf(asset));
  return Math.max(0, spent - Math.max(0, owned));
};

/**
 * An order that waits for its answer and asks for more than there is will not be taken: it holds nothing
 * up.
 */
const borrowedByOthers = (
  portfolio: PortfolioView,
  accountId: string,
  asset: string,
  cash: number,
): number => {
  const spendings = new Map<string, Spending[]>();
  const add = (owner: string, spending: Spending): void => {
    if (owner === accountId || spendOf(portfolio, spending)?.asset !== asset) return;
    spendings.set(owner, [...(spendings.get(owner) ?? []), spending]);
  };
  for (const order of portfolio.orders.all()) {
    const owner = order.placed.accountId;
    const leg = restingLeg(portfolio, order);
    if (leg === undefined) continue;
    if (order.stage === 'placed' && borrowedBy(portfolio, owner, asset, [leg]) > cash) continue;
    add(owner, leg);
  }
  for (const fill of portfolio.unbooked.all()) {
    const { instrumentId, quantity, price } = fill;
    const size = { quantity: textToFloat(quantity), price: textToFloat(price) };
    add(fill.accountId, { instrumentId, side: fill.side as Side, ...size });
  }
  let sum = 0;
  for (const [owner, all] of spendings) sum += borrowedBy(portfolio, owner, asset, all);
  return sum;
};

const spendOf = (
  portfolio: PortfolioView,
  { instrumentId, side, quantity, price = 0 }: Spending,
): Readonly<{ asset: string; amount: number }> | undefined => {
  const { kind, underlying, quoteAsset } = portfolio.reference.instrument(instrumentId);
  if (kind !== 'spot') return undefined;
  return SIGN[side] > 0
    ? { asset: quoteAsset, amount: quantity * price }
    : { asset: underlying, amount: quantity };
};
