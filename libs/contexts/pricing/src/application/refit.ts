import type { Envelope, Instant, Intent } from '@plinth/eventing';
import { indexOf, NUMERAIRE, priceAssetOf, type Instrument } from '@plinth/market';
import { unitsToFloat } from '@plinth/money';
import type { FixedPart } from '../domain/option-marks.ts';
import type { OptionRound } from '../domain/option-judgement.ts';
import { recordedConsensus } from '../domain/judgement.ts';
import { PRICE_DIGITS } from '../domain/price-units.ts';
import { AVERAGE_MS, pricesOf } from '../domain/settlement-average.ts';
import { surface, surfaceKey, type FitSurface } from '../domain/surface.ts';
import type { QuotedOption } from '../domain/surface-fit.ts';
import type { PricingConfig } from './pricing-config.ts';
import { listedOf, type PricingViews } from './pricing-views.ts';

/** The same refusal is told once in this many fits. */
const REPEAT_FITS = 12;

/** What this round knows for options: surfaces, and the settlement averages as far as they have got. */
export const optionRound = (views: PricingViews, config: PricingConfig, atMs: Instant): OptionRound => {
  const fixed = new Map<string, FixedPart>();
  for (const { average, expiresAtMs, instrumentIds } of views.expiries.open()) {
    const passed = atMs - (expiresAtMs - AVERAGE_MS);
    const prices = passed > 0 ? pricesOf(average) : undefined;
    if (prices === undefined) continue;
    const share = Math.min(1, passed / AVERAGE_MS);
    for (const id of instrumentIds) fixed.set(id, { price: unitsToFloat(prices.price, PRICE_DIGITS), share });
  }
  const surfaces = new Map(
    [...views.volatility.all()].flatMap(([key, record]) => (record.surface ? [[key, record.surface]] : [])),
  );
  return {
    surfaces,
    ages: { degradedMs: config.surfaceDegradedMs, haltedMs: config.surfaceHaltedMs },
    fixed,
    settled: new Set(
      [...views.quotes.origins()].flatMap(({ mark: { instrumentId, state } }) =>
        state !== 'halted' && views.settlements.settled(instrumentId) !== undefined ? [instrumentId] : [],
      ),
    ),
  };
};

/** Fits the surfaces of which options were quoted in this round, each at most once in `refitMs`. */
export const refitSurfaces = (
  config: PricingConfig,
  event: Envelope,
  views: PricingViews,
): readonly Intent[] => {
  if (event.type !== 'MarksPublished') return [];
  const { atMs, marks, round } = event.data;
  const keys = new Map<string, Readonly<{ underlying: string; priceAsset: string }>>();
  for (const { instrumentId, forward } of marks) {
    const instrument = views.reference.instruments.get(instrumentId);
    if (forward === 0 || instrument === undefined) continue;
    if (views.volatility.quotesOf(instrumentId)?.atMs !== atMs) continue;
    const priceAsset = priceAssetOf(instrument);
    keys.set(surfaceKey(instrument.underlying, priceAsset), {
      underlying: instrument.underlying,
      priceAsset,
    });
  }
  return [...keys].flatMap(([key, { underlying, priceAsset }]) => {
    const last = views.volatility.find(key);
    const lastMs = Math.max(last?.surface?.atMs ?? 0, last?.refused?.atMs ?? 0);
    if (lastMs > 0 && atMs - lastMs < config.refitMs) return [];
    return fitIntent(config, views, { underlying, priceAsset, atMs, round }) ?? [];
  });
};

type Wanted = Readonly<{ underlying: string; priceAsset: string; atMs: number; round: number }>;

const fitIntent = (
  config: PricingConfig,
  views: PricingViews,
  { underlying, priceAsset, atMs, round }: Wanted,
): Intent<FitSurface> | undefined => {
  const index = priceIn(views, underlying, priceAsset);
  if (index === undefined) return undefined;
  const own = [...views.reference.instruments.values()].filter(
    (one) => one.underlying === underlying && one.expiresAtMs > atMs && priceAssetOf(one) === priceAsset,
  );
  const futures = new Map(
    own.flatMap(({ id, kind, expiresAtMs }) => {
      const mark = kind === 'future' ? views.marks.figures(id) : undefined;
      if (mark === undefined || mark.state !== 'live') return [];
      return [[expiresAtMs, { instrumentId: id, price: mark.price }] as const];
    }),
  );
  const quotes = own.flatMap((one) => (one.kind === 'option' ? quotedOf(views, one, atMs) : []));
  return {
    stream: `surface-${surfaceKey(underlying, priceAsset)}`,
    decider: surface,
    command: {
      type: 'FitSurface',
      ...{ underlying, priceAsset, marksRound: round },
      input: { atMs, index, quotes, futures },
      refitMs: config.refitMs,
      repeatMs: REPEAT_FITS * config.refitMs,
    },
    onRejection: 'ignore',
  };
};

/** Price of the underlying in the price asset, when both are live. */
const priceIn = ({ marks }: PricingViews, underlying: string, priceAsset: string): number | undefined => {
  const index = marks.figures(indexOf(underlying));
  const unit = priceAsset === NUMERAIRE ? marks.ofAsset(NUMERAIRE) : marks.figures(indexOf(priceAsset));
  if (index?.state !== 'live' || unit?.state !== 'live') return undefined;
  return index.price / unit.price;
};

/** The consensus of an option's last quotes, while they are fresh. */
const quotedOf = (views: PricingViews, instrument: Instrument, atMs: number): readonly QuotedOption[] => {
  const last = views.volatility.quotesOf(instrument.id);
  const listed = listedOf(views.reference, instrument.id);
  if (last === undefined || listed?.option === undefined) return [];
  if (atMs - last.atMs > listed.rule.maxAgeMs) return [];
  const centre = recordedConsensus(listed, last.quotes);
  if (centre === undefined) return [];
  const { expiresAtMs, strike, isCall, isInverse } = listed.option;
  const price = unitsToFloat(centre.price, PRICE_DIGITS);
  const half = unitsToFloat(centre.confidence, PRICE_DIGITS);
  return [{ expiresAtMs, strike, isCall, isInverse, bid: Math.max(0, price - half), ask: price + half }];
};
