import { refuse } from '../../checks.ts';
import { dydxMargins, type DydxTier } from './margin.ts';
import { absolute, floorDivide, MILLION, notional, smaller, timesTenTo, type DydxPrice } from './quantums.ts';

export type DydxPosition = Readonly<{ market: string; quantums: bigint }>;

export type DydxMarket = Readonly<{
  price: DydxPrice;
  tier: DydxTier;
  /** In base quantums. */
  openInterest: bigint;
}>;

/** An account: cash in quote quantums, a debt negative. */
export type DydxAccount = Readonly<{ cash: bigint; positions: readonly DydxPosition[] }>;

export type DydxMarkets = ReadonlyMap<string, DydxMarket>;

export type DydxLiquidationTerms = Readonly<{
  /** How fast the price goes from the oracle's to the worst as the account gets worse. */
  bankruptcyAdjustmentPpm: bigint;
  /** The worst price, as a part of the position's maintenance margin away from the oracle's. */
  spreadToMaintenancePpm: bigint;
  /** Of what was filled, to the insurance fund. */
  liquidationFeePpmMax: bigint;
}>;

/** Value with cash, and what is asked for, in quote quantums. */
export type DydxRisk = Readonly<{ netCollateral: bigint; initial: bigint; maintenance: bigint }>;

/** A price in quote quantums per base quantum, reduced. */
export type Fraction = Readonly<{ numerator: bigint; denominator: bigint }>;

const marketOf = (markets: DydxMarkets, id: string): DydxMarket =>
  markets.get(id) ?? refuse('market', `Expected a price and a tier of ${id}, was none`);

const positionRisk = (quantums: bigint, { price, tier, openInterest }: DydxMarket): DydxRisk => ({
  netCollateral: notional(quantums, price),
  ...dydxMargins(quantums, price, tier, openInterest),
});

export const dydxRisk = (account: DydxAccount, markets: DydxMarkets): DydxRisk => {
  let [netCollateral, initial, maintenance] = [account.cash, 0n, 0n];
  for (const { market, quantums } of account.positions) {
    const risk = positionRisk(quantums, marketOf(markets, market));
    netCollateral += risk.netCollateral;
    initial += risk.initial;
    maintenance += risk.maintenance;
  }
  return { netCollateral, initial, maintenance };
};

/** The position that is closed by `delta`; refuses a delta that opens or turns it. */
const closedPosition = (account: DydxAccount, market: string, delta: bigint): bigint => {
  const quantums = account.positions.find((position) => position.market === market)?.quantums ?? 0n;
  const isClosing = delta !== 0n && quantums !== 0n && delta > 0n === quantums < 0n;
  if (!isClosing || absolute(delta) > absolute(quantums))
    refuse('delta', `Expected what closes a part of ${quantums} quantums of ${market}, was ${delta}`);
  return quantums;
};

const checkMaintenance = (maintenance: bigint): void => {
  if (maintenance <= 0n)
    refuse('maintenance', `Expected an account with a maintenance margin above 0, was ${maintenance}`);
};

/**
 * What closing `delta` must bring (negative: may cost) so that the account keeps its collateral per margin,
 * in quote quantums: −ΔNNV − ⌊TNC · |ΔMMR| / TMMR⌋. Rounded up: at this price the insurance fund pays
 * nothing.
 */
export const bankruptcyQuote = (
  account: DydxAccount,
  markets: DydxMarkets,
  market: string,
  delta: bigint,
): bigint => {
  const quantums = closedPosition(account, market, delta);
  const terms = marketOf(markets, market);
  const total = dydxRisk(account, markets);
  checkMaintenance(total.maintenance);
  const [before, after] = [positionRisk(quantums, terms), positionRisk(quantums + delta, terms)];
  const deltaNotional = after.netCollateral - before.netCollateral;
  const freed = absolute(after.maintenance - before.maintenance);
  return -deltaNotional - floorDivide(total.netCollateral * freed, total.maintenance);
};

/**
 * The price that a liquidation order asks for, exact: (PNNV − clamp(BA · (1 − TNC/TMMR), 0, 1) · SMMR · PMMR)
 * / size.
 */
export const fillablePrice = (
  account: DydxAccount,
  markets: DydxMarkets,
  market: string,
  delta: bigint,
  terms: DydxLiquidationTerms,
): Fraction => {
  const quantums = closedPosition(account, market, delta);
  const position = positionRisk(quantums, marketOf(markets, market));
  const total = dydxRisk(account, markets);
  checkMaintenance(total.maintenance);
  // The rating times TMMR · 10⁶, within 0 and 1.
  const whole = total.maintenance * MILLION;
  const rating = (total.maintenance - total.netCollateral) * terms.bankruptcyAdjustmentPpm;
  const bounded = rating < 0n ? 0n : smaller(rating, whole);
  const spread = bounded * terms.spreadToMaintenancePpm * position.maintenance;
  const scale = whole * MILLION;
  const price = reduced(position.netCollateral * scale - spread, scale * quantums);
  if (price.numerator < 0n)
    refuse('spreadToMaintenancePpm', `Expected terms with a price from 0, was ${price.numerator}`);
  return price;
};

/**
 * What a fill pays to the insurance fund, in quote quantums; negative: what the fund pays. min(received −
 * bankruptcy, fee on what was filled), and the whole difference when it is a loss. `subticks` · quantums ·
 * 10^conversionExponent is the fill in quote quantums, rounded down.
 */
export const insuranceFundDelta = (
  account: DydxAccount,
  markets: DydxMarkets,
  market: string,
  fill: Readonly<{ isBuy: boolean; quantums: bigint; subticks: bigint; conversionExponent: number }>,
  terms: DydxLiquidationTerms,
): bigint => {
  if (fill.quantums <= 0n) refuse('fill.quantums', `Expected above 0, was ${fill.quantums}`);
  if (fill.subticks < 0n) refuse('fill.subticks', `Expected at least 0, was ${fill.subticks}`);
  const filled = timesTenTo(fill.subticks * fill.quantums, fill.conversionExponent);
  const [delta, received] = fill.isBuy ? [fill.quantums, -filled] : [-fill.quantums, filled];
  const surplus = received - bankruptcyQuote(account, markets, market, delta);
  if (surplus <= 0n) return surplus;
  return smaller((filled * terms.liquidationFeePpmMax) / MILLION, surplus);
};

const reduced = (numerator: bigint, denominator: bigint): Fraction => {
  let [a, b] = [absolute(numerator), absolute(denominator)];
  while (b !== 0n) [a, b] = [b, a % b];
  const divisor = denominator < 0n ? -a : a;
  return { numerator: numerator / divisor, denominator: denominator / divisor };
};
