import {
  checked,
  type CommandHandler,
  InvalidField,
  operatorsOnly,
  reject,
  type Rejection,
  requireId,
  requireOneOf,
  requirePositive,
  requireWhole,
} from '@plinth/eventing';
import { LIMITS as MARKET_LIMITS, NUMERAIRE } from '@plinth/market';
import type { EventData, pricingMessages, PriceRule } from '@plinth/messages';
import { compareDecimal, decimalOf } from '@plinth/money';
import { instrument, type ListInstrument } from '../domain/instrument.ts';
import { LIMITS } from '../domain/limits.ts';
import { AVERAGE_MS } from '../domain/settlement-average.ts';
import { splitPair } from '../domain/pairs.ts';
import type { PricingViews } from './pricing-views.ts';

type Request = pricingMessages.ListInstrumentRequest;

/** A settlement price is an average: a contract must be there for all of its window. */
const requireAhead = (expiresAtMs: number, now: number): void => {
  if (expiresAtMs !== 0 && expiresAtMs < now + AVERAGE_MS) {
    throw new InvalidField('expires_at_ms', `at least ${AVERAGE_MS} ms ahead of ${now}`);
  }
};

const KINDS = ['spot', 'perpetual', 'future', 'option'] as const;

const requireRule = (rule: PriceRule | undefined): PriceRule => {
  if (rule === undefined) throw new InvalidField('price_rule', 'given');
  const { minSourcesMax, maxAgeMsMax, ppmMax, movePpmPerSecondMax } = LIMITS;
  requireWhole(rule.minSources, 'price_rule.min_sources', 1, minSourcesMax);
  requireWhole(rule.maxAgeMs, 'price_rule.max_age_ms', 1, maxAgeMsMax);
  requireWhole(rule.maxConfidencePpm, 'price_rule.max_confidence_ppm', 1, ppmMax);
  requireWhole(rule.maxDeviationPpm, 'price_rule.max_deviation_ppm', 1, ppmMax);
  requireWhole(rule.maxMovePpmPerSecond, 'price_rule.max_move_ppm_per_second', 1, movePpmPerSecondMax);
  requireWhole(rule.maxTwapDeviationPpm, 'price_rule.max_twap_deviation_ppm', 0, ppmMax * 1_000);
  for (const [text, field] of [
    [rule.floorPrice, 'price_rule.floor_price'],
    [rule.capPrice, 'price_rule.cap_price'],
  ] as const)
    if (text !== '') requirePositive(text, field);
  if (rule.floorPrice !== '' && rule.capPrice !== '' && !isBelow(rule.floorPrice, rule.capPrice))
    throw new InvalidField('price_rule.cap_price', `over the floor ${rule.floorPrice}`);
  return rule;
};

const isBelow = (low: string, high: string): boolean => compareDecimal(decimalOf(low), decimalOf(high)) < 0;

/** Fields that belong to one kind of instrument only. */
const requireKind = (request: Request): EventData<'InstrumentListed'>['kind'] => {
  const kind = requireOneOf(request.kind, KINDS, 'kind');
  const pair = splitPair(request.instrumentId);
  if ((kind === 'spot') !== (pair !== undefined)) {
    throw new InvalidField('instrument_id', kind === 'spot' ? 'BASE/QUOTE' : 'like BTC-PERP or BTC-20270326');
  }
  if (pair !== undefined && (pair.base !== request.underlying || pair.quote !== request.quoteAsset)) {
    throw new InvalidField('instrument_id', `${request.underlying}/${request.quoteAsset}, its own assets`);
  }
  if (kind === 'spot' && (request.contractSize !== '1' || request.inverse)) {
    throw new InvalidField('contract_size', '1 and not inverse for spot');
  }
  const expires = kind === 'future' || kind === 'option';
  requireWhole(request.expiresAtMs, 'expires_at_ms', expires ? 1 : 0, expires ? Number.MAX_SAFE_INTEGER : 0);
  if (kind !== 'option') {
    if (request.strike !== '' || request.optionType !== '') {
      throw new InvalidField('strike', 'empty, like option_type: only options have them');
    }
    return kind;
  }
  requirePositive(request.strike, 'strike');
  requireOneOf(request.optionType, ['call', 'put'], 'option_type');
  return kind;
};

/**
 * Derivatives may name an underlying that has only a price and no ledger: then its USD spot index must be
 * listed.
 */
const missingAsset = (request: Request, { reference }: PricingViews): Rejection | undefined => {
  const isKnown = (asset: string): boolean => asset === NUMERAIRE || reference.assets.has(asset);
  if (!isKnown(request.underlying)) {
    return reject('ASSET_MISSING', `Expected a listed asset, was ${request.underlying}: list it first`, {
      field: 'underlying',
      reason: 'missing',
    });
  }
  return isKnown(request.quoteAsset)
    ? undefined
    : reject('ASSET_MISSING', `Expected a listed asset, was ${request.quoteAsset}: list it first`, {
        field: 'quote_asset',
        reason: 'missing',
      });
};

/** Lists an instrument once and for all. */
export const listInstrument: CommandHandler<Request, PricingViews> = (request, views, context) =>
  checked(() => {
    const refusal = operatorsOnly(context);
    if (refusal !== undefined) return refusal;
    requireId('instrument', request.instrumentId, 'instrument_id');
    requireId('asset', request.underlying, 'underlying');
    requireId('asset', request.quoteAsset, 'quote_asset');
    requirePositive(request.contractSize, 'contract_size');
    requireKind(request);
    requireAhead(request.expiresAtMs, context.now);
    requireRule(request.priceRule);
    const missing = missingAsset(request, views);
    if (missing !== undefined) return missing;
    if (views.reference.instruments.size >= MARKET_LIMITS.instrumentsMax) {
      return reject(
        'INSTRUMENTS_FULL',
        `Expected fewer than ${MARKET_LIMITS.instrumentsMax} instruments in this cell`,
      );
    }
    const command: ListInstrument = { type: 'ListInstrument', instrument: { ...request } };
    return [{ stream: `instrument-${request.instrumentId}`, decider: instrument, command }];
  });
