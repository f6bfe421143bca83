import type { Instrument, Listing, Venue } from '@plinth/market';
import { feePpmAt, isExpired, isInverted, NUMERAIRE, optionFeeOf, venueLocation } from '@plinth/market';
import type { PortfolioView } from '@plinth/portfolio';
import { floatToText, textToFloat, toSafeInteger, unitsOf, unitsToFloat } from '@plinth/money';
import { QUANTITY_SCALE } from '@plinth/views';
import type { LegKind, LegTerms } from '../domain/legs.ts';
import { LIMITS } from '../domain/limits.ts';
import type { LiquidationConfig } from './config.ts';

/** Scale of quantities here: finer than any lot. */
export const LEG_SCALE = 18;

/** What could be traded if it could; and what stands in the way of the rest. */
export type Tradable = Readonly<{
  legs: readonly LegTerms[];
  /** Positions and holdings of which the venue is down now. */
  stuck: number;
}>;

type Market = Readonly<{ instrument: Instrument; listing: Listing; venue: Venue; isRouted: boolean }>;

/**
 * Everything of an account that a liquidation may trade: derivatives at the venue where they stand,
 * collateral and debts through a spot pair at whatever venue the router finds best. Largest first.
 */
export const tradableLegs = (
  portfolio: PortfolioView,
  accountId: string,
  config: LiquidationConfig,
  isInsolvent: boolean,
): Tradable => {
  const legs: LegTerms[] = [];
  let stuck = 0;
  for (const position of portfolio.positions.of(accountId).values()) {
    const market = marketAt(portfolio, position.instrumentId, position.venueId);
    const units = position.units < 0n ? -position.units : position.units;
    const scaled = units * 10n ** BigInt(LEG_SCALE - QUANTITY_SCALE);
    const side = position.units > 0n ? 'sell' : 'buy';
    const leg =
      market && legOf(portfolio, config, market, { kind: 'close', side, units: scaled, isCeiled: false });
    if (leg === undefined) stuck += 1;
    else legs.push(leg);
  }
  for (const [asset, units] of holdingsOf(portfolio, accountId)) {
    if (asset === NUMERAIRE || units === 0n) continue;
    const market = spotMarket(portfolio, accountId, asset);
    const isDebt = units < 0n;
    if (market === undefined) {
      if (isListed(portfolio, asset) && worthOf(portfolio, asset, units) > config.dustUsd) stuck += 1;
      continue;
    }
    const wanted = {
      kind: isDebt ? 'buy-back' : 'sell',
      side: isDebt ? 'buy' : 'sell',
      units: isDebt ? -units : units,
      // An insolvent account gets rid of a debt altogether, by less than a lot too much.
      isCeiled: isDebt && isInsolvent,
    } as const;
    const leg = legOf(portfolio, config, market, wanted);
    if (leg !== undefined) legs.push(leg);
  }
  const size = (leg: LegTerms): number => leg.totalLots * leg.lotSize * leg.unitUsd;
  legs.sort((a, b) => size(b) - size(a) || (a.instrumentId < b.instrumentId ? -1 : 1));
  return { legs: legs.slice(0, LIMITS.legsMax), stuck };
};

/**
 * Free balances over all places (positive) and debts with interest (negative), in 1e-18 units by asset,
 * sorted.
 */
const holdingsOf = (portfolio: PortfolioView, accountId: string): readonly (readonly [string, bigint])[] => {
  const { ledger } = portfolio;
  const held = new Map<string, bigint>();
  for (const [asset, units] of ledger.totalsOf(accountId)) {
    held.set(asset, units * 10n ** BigInt(LEG_SCALE - ledger.scaleOf(asset)));
  }
  for (const asset of ledger.debtsOf(accountId).keys()) {
    const owed = debtUnits(portfolio, accountId, asset) * 10n ** BigInt(LEG_SCALE - ledger.scaleOf(asset));
    held.set(asset, (held.get(asset) ?? 0n) - owed);
  }
  return [...held].sort(([a], [b]) => (a < b ? -1 : 1));
};

/** A debt with the interest up to the pool's last accrual, in smallest units, rounded up. */
export const debtUnits = (portfolio: PortfolioView, accountId: string, asset: string): bigint => {
  const debt = portfolio.ledger.debtsOf(accountId).get(asset);
  if (debt === undefined) return 0n;
  const now = unitsOf(portfolio.pools.borrowIndex(asset), 27, 'borrowIndex');
  const then = unitsOf(debt.indexThen, 27, 'indexThen');
  return (debt.units * now + then - 1n) / then;
};

const marketAt = (portfolio: PortfolioView, instrumentId: string, venueId: string): Market | undefined => {
  const instrument = portfolio.reference.instrument(instrumentId);
  const venue = portfolio.reference.venue(venueId);
  const listing = venue.listings.get(instrumentId);
  // What has expired waits for its settlement.
  const isOpen =
    listing !== undefined && venue.state !== 'down' && !isExpired(instrument, portfolio.marks.at);
  return isOpen ? { instrument, listing, venue, isRouted: false } : undefined;
};

/**
 * The pair through which an asset is traded: against the numeraire when there is one, else the first by
 * name.
 */
const spotMarket = (portfolio: PortfolioView, accountId: string, asset: string): Market | undefined => {
  const pairs = [...portfolio.reference.instruments.values()]
    .filter(({ kind, underlying }) => kind === 'spot' && underlying === asset)
    .sort((a, b) => rankOf(a) - rankOf(b) || (a.id < b.id ? -1 : 1));
  for (const instrument of pairs) {
    const venues = [...portfolio.reference.venues.values()].filter(
      ({ state, listings }) => state !== 'down' && listings.has(instrument.id),
    );
    const [first] = venues;
    if (first === undefined) continue;
    const standing = venues.find((venue) => hasBalance(portfolio, accountId, asset, venue.id));
    return { instrument, listing: finest(instrument.id, venues), venue: standing ?? first, isRouted: true };
  }
  return undefined;
};

/** True when some venue trades the asset, even if none is up: then its time will come. */
const isListed = (portfolio: PortfolioView, asset: string): boolean =>
  [...portfolio.reference.instruments.values()].some(
    ({ id, kind, underlying }) =>
      kind === 'spot' &&
      underlying === asset &&
      [...portfolio.reference.venues.values()].some(({ listings }) => listings.has(id)),
  );

const worthOf = (portfolio: PortfolioView, asset: string, units: bigint): number =>
  unitsToFloat(units < 0n ? -units : units, LEG_SCALE) * (portfolio.marks.ofAsset(asset)?.price ?? 0);

const rankOf = ({ quoteAsset }: Instrument): number => (quoteAsset === NUMERAIRE ? 0 : 1);

const hasBalance = (portfolio: PortfolioView, accountId: string, asset: string, venueId: string): boolean => {
  const location = venueLocation(venueId);
  return [...portfolio.ledger.balancesOf(accountId).values()].some(
    (balance) => balance.asset === asset && balance.location === location && balance.units > 0n,
  );
};

/** The listing with the finest lot: the router finds venues for what is left over. */
const finest = (instrumentId: string, venues: readonly Venue[]): Listing =>
  venues
    .map(({ listings }) => listings.get(instrumentId) as Listing)
    .reduce((best, listing) => (textToFloat(listing.lot) < textToFloat(best.lot) ? listing : best));

type Wanted = Readonly<{ kind: LegKind; side: 'buy' | 'sell'; units: bigint; isCeiled: boolean }>;

const legOf = (
  portfolio: PortfolioView,
  config: LiquidationConfig,
  market: Market,
  { kind, side, units, isCeiled }: Wanted,
): LegTerms | undefined => {
  const { instrument, listing, venue, isRouted } = market;
  const mark = portfolio.lines.priceOf(instrument.id);
  const quoteUsd = portfolio.marks.ofAsset(instrument.quoteAsset)?.price;
  if (mark === undefined || quoteUsd === undefined || !portfolio.lines.has(instrument.id, venue.id))
    return undefined;
  const lot = unitsOf(listing.lot, LEG_SCALE, 'lot');
  const lotSize = unitsToFloat(lot, LEG_SCALE);
  const minimum = unitsOf(listing.minQuantity, LEG_SCALE, 'minQuantity');
  const minLots = Math.max(1, toSafeInteger((minimum + lot - 1n) / lot));
  const whole = isCeiled ? (units + lot - 1n) / lot : units / lot;
  const totalLots = isCeiled ? Math.max(toSafeInteger(whole), minLots) : toSafeInteger(whole);
  if (totalLots < minLots) return undefined;
  const sizeUsd = textToFloat(instrument.contractSize) * quoteUsd;
  const unitUsd = isInverted(instrument) ? sizeUsd / mark : sizeUsd * mark;
  const depth = depthOf(portfolio, instrument.underlying);
  const stepUsd = (depth.participation * depth.dailyVolumeUsd * config.stepHours) / 24;
  const exposedUsd = instrument.kind === 'option' ? underlyingUsd(portfolio, instrument) : unitUsd;
  return {
    kind,
    instrumentId: instrument.id,
    venueId: isRouted ? '' : venue.id,
    marginVenueId: venue.id,
    side,
    underlying: instrument.underlying,
    lot,
    lotSize,
    totalLots,
    minLots,
    stepLots: Math.max(minLots, Math.floor(stepUsd / (lotSize * exposedUsd))),
    lotUnderlying: lot * underlyingPerUnit(instrument, mark),
    mark,
    unitUsd,
    quotePerUsd: 1 / quoteUsd,
    takerFeePpm: venueFeePpm(portfolio, market, mark, quoteUsd) + config.feePpm,
    impact: impactWith(depth, config, exposedUsd / unitUsd),
  };
};

/** What the venue takes of a unit at the mark, parts per million of it; a rebate is not counted on. */
const venueFeePpm = (
  portfolio: PortfolioView,
  { instrument, venue }: Market,
  mark: number,
  quoteUsd: number,
): number => {
  const index = portfolio.marks.ofAsset(instrument.underlying)?.price;
  const option = optionFeeOf(instrument.kind, venue.optionFeeCapPpm, index, quoteUsd);
  return feePpmAt(mark, Math.max(0, venue.takerFeePpm), option);
};

/** In 1e-18: the contract size, or what it buys at the mark where it is in dollars. */
const underlyingPerUnit = (instrument: Instrument, mark: number): bigint =>
  isInverted(instrument)
    ? unitsOf(floatToText(textToFloat(instrument.contractSize) / mark, 12), LEG_SCALE, 'contractSize')
    : unitsOf(instrument.contractSize, LEG_SCALE, 'contractSize');

const underlyingUsd = ({ marks }: PortfolioView, { underlying, contractSize }: Instrument): number =>
  (marks.ofAsset(underlying)?.price ?? 0) * textToFloat(contractSize);

/**
 * No option is given away for less than half of its mark, or bought back for more than half as much again.
 */
const OPTION_IMPACT_MAX = 0.5;

/**
 * Cost as a fraction of what is traded. `leverage` is how much of the underlying one dollar of the instrument
 * moves: who makes the market in an option covers himself in the underlying, and his cost there is the
 * option's.
 */
const impactWith =
  (depth: Depth, { halfSpread }: LiquidationConfig, leverage: number): LegTerms['impact'] =>
  (notionalUsd) => {
    const cost = halfSpread + impactOf(depth, notionalUsd * leverage);
    return leverage === 1 ? cost : Math.min(OPTION_IMPACT_MAX, cost * leverage);
  };

type Depth = Readonly<{
  participation: number;
  dailyVolumeUsd: number;
  shock: number;
  coefficient: number;
  maxCostFraction: number;
}>;

/** How much an underlying trades and how fast its price gives way, from the parameters in force. */
const depthOf = (portfolio: PortfolioView, underlying: string): Depth => {
  const { model } = portfolio.kernel;
  const { participation, impactCoefficient, maxCostFraction } = model.parameters.concentration;
  const at = model.catalogue.underlyings.find(underlying);
  const own = at === undefined ? undefined : model.underlyingParameters[at];
  const { dailyVolumeUsd } = own ?? model.parameters.otherUnderlyings;
  const shock = at === undefined ? 0 : (model.shockSizes[at] ?? 0);
  return { participation, dailyVolumeUsd, shock, coefficient: impactCoefficient, maxCostFraction };
};

/**
 * The square-root law of the margin's concentration charge: coefficient · x · √(V / daily volume), bounded.
 */
const impactOf = (
  { coefficient, shock, dailyVolumeUsd, maxCostFraction }: Depth,
  notionalUsd: number,
): number => Math.min(maxCostFraction, coefficient * shock * Math.sqrt(notionalUsd / dailyVolumeUsd));
