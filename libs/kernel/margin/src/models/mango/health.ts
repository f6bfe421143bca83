import { refuse } from '../../checks.ts';

/** Which health: of new risk, of the end of a liquidation, or of its start. */
export type HealthKind = 'init' | 'liquidationEnd' | 'maint';

/** The oracle's price and the slow one, in the unit of health per token. */
export type MangoPrices = Readonly<{ oracle: number; stable: number }>;

/** Weights of a side: `init` for new risk, `maint` for liquidation. */
export type SideWeights = Readonly<{ init: number; maint: number }>;

export type MangoBank = Readonly<{
  prices: MangoPrices;
  asset: SideWeights;
  liability: SideWeights;
  /** All deposits of the pool in tokens, and the value from which they count for less; undefined: never. */
  deposits: number;
  depositScaleStart?: number;
  borrows: number;
  borrowScaleStart?: number;
}>;

export type MangoPerp = Readonly<{
  /** Token that profit is settled in. */
  settle: string;
  basePrices: MangoPrices;
  lotSize: number;
  baseAsset: SideWeights;
  baseLiability: SideWeights;
  /** What a profit that is not settled counts for. */
  overallAsset: SideWeights;
  baseLots: number;
  quote: number;
  bidLots: number;
  askLots: number;
}>;

/** Funds in open orders of one spot market. */
export type MangoReserved = Readonly<{
  base: string;
  quote: string;
  baseAmount: number;
  quoteAmount: number;
}>;

export type MangoAccount = Readonly<{
  /** Token balances, free funds in open orders included; borrows negative. */
  balances: ReadonlyMap<string, number>;
  perps: readonly MangoPerp[];
  reserved: readonly MangoReserved[];
}>;

export type MangoBanks = ReadonlyMap<string, MangoBank>;

export type HealthPart = Readonly<{ name: string; health: number }>;

const weightOf = ({ init, maint }: SideWeights, kind: HealthKind): number =>
  kind === 'maint' ? maint : init;
const assetPrice = ({ oracle, stable }: MangoPrices, kind: HealthKind): number =>
  kind === 'init' ? Math.min(oracle, stable) : oracle;
const liabilityPrice = ({ oracle, stable }: MangoPrices, kind: HealthKind): number =>
  kind === 'init' ? Math.max(oracle, stable) : oracle;

/**
 * Large pools count for less: weight · min(1, start / deposits), at the higher of the two prices. New risk
 * only.
 */
export const mangoAssetWeight = (bank: MangoBank, kind: HealthKind): number => {
  const weight = weightOf(bank.asset, kind);
  const value = bank.deposits * liabilityPrice(bank.prices, 'init');
  if (kind !== 'init' || bank.depositScaleStart === undefined || value <= bank.depositScaleStart)
    return weight;
  return weight * (bank.depositScaleStart / value);
};

/** Much borrowed pools cost more: weight · max(1, borrows / start). New risk only. */
export const mangoLiabilityWeight = (bank: MangoBank, kind: HealthKind): number => {
  const weight = weightOf(bank.liability, kind);
  const value = bank.borrows * liabilityPrice(bank.prices, 'init');
  if (kind !== 'init' || bank.borrowScaleStart === undefined || value <= bank.borrowScaleStart) return weight;
  if (bank.borrowScaleStart === 0)
    return refuse('borrowScaleStart', 'Expected above 0 for a pool with borrows, was 0');
  return weight * (value / bank.borrowScaleStart);
};

/** Weighted price of what is held, or of what is owed. */
const worth = (bank: MangoBank, isOwed: boolean, kind: HealthKind): number =>
  isOwed
    ? mangoLiabilityWeight(bank, kind) * liabilityPrice(bank.prices, kind)
    : mangoAssetWeight(bank, kind) * assetPrice(bank.prices, kind);

/**
 * A perpetual in its settle token: quote + the worse of "all bids fill" and "all asks fill", base weighted by
 * its side; a gain counts by the overall weight.
 */
export const mangoPerpHealth = (perp: MangoPerp, kind: HealthKind): number => {
  const filled = (orderLots: number, orderPrice: number): number => {
    const base = (perp.baseLots + orderLots) * perp.lotSize;
    const weighted =
      base < 0
        ? weightOf(perp.baseLiability, kind) * liabilityPrice(perp.basePrices, kind)
        : weightOf(perp.baseAsset, kind) * assetPrice(perp.basePrices, kind);
    return base * weighted - orderLots * perp.lotSize * orderPrice;
  };
  const unweighted =
    perp.quote +
    Math.min(
      filled(perp.bidLots, liabilityPrice(perp.basePrices, kind)),
      filled(-perp.askLots, assetPrice(perp.basePrices, kind)),
    );
  return unweighted > 0 ? weightOf(perp.overallAsset, kind) * unweighted : unweighted;
};

const bankOf = (banks: MangoBanks, token: string): MangoBank =>
  banks.get(token) ?? refuse('banks', `Expected a bank of ${token}, was none`);

/** What reserved funds would be if all of them became one of the two tokens. */
type AllReserved = Readonly<{ asBase: number; asQuote: number }>;

const allReserved = (orders: MangoReserved, banks: MangoBanks, kind: HealthKind): AllReserved => {
  const [base, quote] = [bankOf(banks, orders.base).prices, bankOf(banks, orders.quote).prices];
  return {
    asBase: orders.baseAmount + (orders.quoteAmount * assetPrice(quote, kind)) / liabilityPrice(base, kind),
    asQuote: orders.quoteAmount + (orders.baseAmount * assetPrice(base, kind)) / liabilityPrice(quote, kind),
  };
};

/**
 * Health of `amount` of a token that comes last: what lifts a balance from below 0 counts by the liability's
 * weight.
 */
const lastAdded = (bank: MangoBank, balance: number, amount: number, kind: HealthKind): number => {
  const held = Math.min(Math.max(balance, 0), amount);
  return held * worth(bank, false, kind) + (amount - held) * worth(bank, true, kind);
};

/**
 * The parts of health; their sum is the health. Each market's reserved funds are taken at the worse of their
 * two ends.
 */
export const mangoHealthParts = (
  account: MangoAccount,
  banks: MangoBanks,
  kind: HealthKind,
): readonly HealthPart[] => {
  const balances = new Map(account.balances);
  const add = (to: Map<string, number>, token: string, amount: number): void => {
    to.set(token, (to.get(token) ?? 0) + amount);
  };
  for (const perp of account.perps) add(balances, perp.settle, mangoPerpHealth(perp, kind));
  const most = new Map<string, number>();
  const reserved = account.reserved.map((orders) => ({ orders, ...allReserved(orders, banks, kind) }));
  for (const { orders, asBase, asQuote } of reserved) {
    add(most, orders.base, asBase);
    add(most, orders.quote, asQuote);
  }
  const end = (token: string, amount: number): number =>
    lastAdded(bankOf(banks, token), (balances.get(token) ?? 0) + (most.get(token) ?? 0), amount, kind);
  const tokens = [...balances].map(([token, balance]) => ({
    name: token,
    health: balance * worth(bankOf(banks, token), balance < 0, kind),
  }));
  const orders = reserved.map(({ orders: { base, quote }, asBase, asQuote }) => ({
    name: `orders ${base}/${quote}`,
    health: asBase === 0 || asQuote === 0 ? 0 : Math.min(end(base, asBase), end(quote, asQuote)),
  }));
  return [...tokens, ...orders];
};

/** Above 0: new risk (init) is allowed, or no liquidation (maint). In the unit of the prices. */
export const mangoHealth = (account: MangoAccount, banks: MangoBanks, kind: HealthKind): number =>
  mangoHealthParts(account, banks, kind).reduce((sum, { health }) => sum + health, 0);
