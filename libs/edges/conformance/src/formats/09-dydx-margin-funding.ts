import {
  DYDX_FUNDING_ROUNDING,
  dydxMargins,
  fundingIndexDelta,
  fundingSettlementPpm,
  type DydxPrice,
} from '@plinth/margin/models';
import { EXACT } from '../comparison.ts';
import { CaseError, fieldsAt, integerAt, numberAt, type Fields } from '../fields.ts';
import type { CaseFormat } from '../format.ts';

/**
 * Margins and funding of perpetuals in quantums, integer-exact. What a case asks for, the keys of its input
 * say: `initialMarginPpm` margins, `position_index` the settlement of a position, `rate_8h_ppm` the change of
 * an index. Optional keys: `openInterest`, `openInterestLowerCap` and `openInterestUpperCap` 0 (no scaling),
 * `maintenanceFractionPpm` 1,000,000.
 */
export const dydxMarginFunding: CaseFormat = {
  name: '09-dydx-margin-funding',
  keys: ['input', 'expected'],
  tolerance: () => EXACT,
  evaluate: (item) => {
    const input = fieldsAt(item, 'input');
    if (input['initialMarginPpm'] !== undefined) return marginsOf(input);
    if (input['position_index'] !== undefined) return settlementOf(input);
    if (input['rate_8h_ppm'] !== undefined) return indexOf(input);
    throw new CaseError('input: Expected initialMarginPpm, position_index or rate_8h_ppm, was none of them');
  },
};

const priceOf = (input: Fields, resolutionKey: string): DydxPrice => ({
  value: integerAt(input, 'price'),
  exponent: numberAt(input, 'exponent'),
  resolution: numberAt(input, resolutionKey),
});

const marginsOf = (input: Fields): Fields => {
  const tier = {
    initialPpm: integerAt(input, 'initialMarginPpm'),
    maintenanceFractionPpm: integerAt(input, 'maintenanceFractionPpm', 1_000_000n),
    openInterestLowerCap: integerAt(input, 'openInterestLowerCap', 0n),
    openInterestUpperCap: integerAt(input, 'openInterestUpperCap', 0n),
  };
  const price = priceOf(input, 'baseCurrencyAtomicResolution');
  const margins = dydxMargins(
    integerAt(input, 'bigBaseQuantums'),
    price,
    tier,
    integerAt(input, 'openInterest', 0n),
  );
  return { initial_margin: margins.initial, maintenance_margin: margins.maintenance };
};

const settlementOf = (input: Fields): Fields => {
  const marketIndex = integerAt(input, 'market_funding_index');
  return {
    net_settlement_ppm: fundingSettlementPpm(
      integerAt(input, 'position_quantums'),
      marketIndex,
      integerAt(input, 'position_index'),
    ),
    new_funding_index: marketIndex,
  };
};

const indexOf = (input: Fields): Fields => ({
  funding_index_delta: fundingIndexDelta(
    priceOf(input, 'atomic_resolution'),
    integerAt(input, 'rate_8h_ppm'),
    integerAt(input, 'elapsed_s'),
  ),
  rounding: DYDX_FUNDING_ROUNDING,
});
