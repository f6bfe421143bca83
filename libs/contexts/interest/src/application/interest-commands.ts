import {
  checked,
  InvalidField,
  operatorsOnly,
  reject,
  requireBetween,
  requireDecimal,
  requireId,
  requireWhole,
  type CommandHandler,
  type Intent,
  type Rejection,
} from '@plinth/eventing';
import type { interestMessages, RateCurve } from '@plinth/messages';
import { isZeroDecimal } from '@plinth/money';
import { LIMITS as VIEW_LIMITS } from '@plinth/views';
import { CURVE_FIELDS, curveProblem, hasSupplyCurve } from '../domain/curves/index.ts';
import { funding, type SetFundingRate } from '../domain/funding.ts';
import { LIMITS } from '../domain/limits.ts';
import { pool, type PoolCommand } from '../domain/pool.ts';
import type { InterestViews } from './interest-views.ts';

const MOST_PRICE = '1000000000000000';

const missing = (code: string, field: string, message: string): Rejection =>
  reject(code, message, { field, reason: 'missing' });

export const poolIntent = (command: PoolCommand): Intent<PoolCommand> => ({
  stream: `pool-${command.asset}`,
  decider: pool,
  command,
});

const requireCurve = (curve: RateCurve | undefined): RateCurve => {
  if (curve === undefined) throw new InvalidField('curve', 'given');
  for (const name of CURVE_FIELDS) {
    if (curve[name] !== '') requireDecimal(curve[name], `curve.${name}`);
  }
  const problem = curveProblem(curve);
  if (problem !== undefined) throw new InvalidField(`curve.${problem.field}`, problem.expected);
  return curve;
};

const requireTerms = (
  request: Readonly<{ asset: string; curve?: RateCurve | undefined; reserveFactor: string }>,
): Readonly<{ asset: string; curve: RateCurve; reserveFactor: string }> => {
  const asset = requireId('asset', request.asset, 'asset');
  const curve = requireCurve(request.curve);
  const kept = requireBetween(request.reserveFactor, 'reserve_factor', '0', '1', LIMITS.rateDecimalsMax);
  if (hasSupplyCurve(curve) && !isZeroDecimal(kept))
    throw new InvalidField(
      'reserve_factor',
      `0 for ${curve.kind}, whose suppliers have a curve of their own`,
    );
  return { asset, curve, reserveFactor: request.reserveFactor };
};

/** Opens the one pool of an asset. */
export const openPool: CommandHandler<interestMessages.OpenPoolRequest, InterestViews> = (
  request,
  views,
  context,
) =>
  checked(() => {
    const refusal = operatorsOnly(context);
    if (refusal !== undefined) return refusal;
    const terms = requireTerms(request);
    const { settleEveryMsMin, settleEveryMsMax } = LIMITS;
    const settleEveryMs = requireWhole(
      request.settleEveryMs,
      'settle_every_ms',
      settleEveryMsMin,
      settleEveryMsMax,
    );
    if (settleEveryMs % 1_000 !== 0) throw new InvalidField('settle_every_ms', 'whole seconds');
    if (!views.reference.assets.has(terms.asset)) {
      return missing('ASSET_MISSING', 'asset', `Expected a listed asset, was ${terms.asset}: list it first`);
    }
    if (views.pools.opened.size >= VIEW_LIMITS.poolsMax) {
      return reject('POOLS_FULL', `Expected fewer than ${VIEW_LIMITS.poolsMax} pools in this cell`);
    }
    return [poolIntent({ type: 'OpenPool', ...terms, settleEveryMs })];
  });

/** Sets curve and reserve factor; the rates follow with the accrual that this causes. */
export const setRateCurve: CommandHandler<interestMessages.SetRateCurveRequest, InterestViews> = (
  request,
  _,
  context,
) =>
  checked(() => operatorsOnly(context) ?? [poolIntent({ type: 'SetRateCurve', ...requireTerms(request) })]);

const requireFunding = (request: interestMessages.SetFundingRateRequest, now: number): SetFundingRate => {
  const { instrumentId, venueId, intervalEndMs, rate, indexPrice } = request;
  requireId('instrument', instrumentId, 'instrument_id');
  requireId('venue', venueId, 'venue_id');
  const earliest = Math.max(0, now - LIMITS.fundingLateMsMax);
  requireWhole(intervalEndMs, 'interval_end_ms', earliest, now);
  requireBetween(rate, 'rate', `-${LIMITS.fundingRateMax}`, LIMITS.fundingRateMax, LIMITS.rateDecimalsMax);
  const price = requireBetween(indexPrice, 'index_price', '0', MOST_PRICE, LIMITS.rateDecimalsMax);
  if (isZeroDecimal(price)) throw new InvalidField('index_price', 'over 0');
  return { type: 'SetFundingRate', instrumentId, venueId, intervalEndMs, rate, indexPrice };
};

/** Records a venue's funding rate of an interval that has ended. */
export const setFundingRate: CommandHandler<interestMessages.SetFundingRateRequest, InterestViews> = (
  request,
  { reference, funding: known },
  context,
) =>
  checked(() => {
    const refusal = operatorsOnly(context);
    if (refusal !== undefined) return refusal;
    const command = requireFunding(request, context.now);
    const { instrumentId, venueId } = command;
    const instrument = reference.instruments.get(instrumentId);
    if (instrument === undefined) {
      const message = `Expected a listed instrument, was ${instrumentId}: list it first`;
      return missing('INSTRUMENT_MISSING', 'instrument_id', message);
    }
    if (instrument.kind !== 'perpetual') throw new InvalidField('instrument_id', 'a perpetual');
    const venue = reference.venues.get(venueId);
    if (venue?.listings.has(instrumentId) !== true) {
      const message = `Expected a venue that lists ${instrumentId}, was ${venueId}: register it first`;
      return missing('VENUE_MISSING', 'venue_id', message);
    }
    if (!known.knows(instrumentId, venueId) && known.pairs >= LIMITS.fundingPairsMax) {
      return reject(
        'FUNDING_FULL',
        `Expected fewer than ${LIMITS.fundingPairsMax} pairs of instrument and venue`,
      );
    }
    return [{ stream: `funding-${instrumentId}`, decider: funding, command }];
  });
