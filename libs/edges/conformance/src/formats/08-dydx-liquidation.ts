import {
  bankruptcyQuote,
  fillablePrice,
  insuranceFundDelta,
  type DydxAccount,
  type DydxLiquidationTerms,
  type DydxMarket,
  type DydxMarkets,
} from '@plinth/margin/models';
import { floatToUnits } from '@plinth/money';
import { EXACT } from '../comparison.ts';
import {
  CaseError,
  fieldsAt,
  flagAt,
  integerAt,
  numberAt,
  recordsAt,
  textAt,
  type Fields,
} from '../fields.ts';
import type { Case } from '../case-file.ts';
import type { CaseFormat } from '../format.ts';

const CALCULATIONS = 'bankruptcy_price_quote_quantums, fillable_price_subticks, insurance_fund_delta';
const QUOTE_DIGITS = 6;
const PRICE_DIGITS = 9;
/** Subticks · quantums · 10⁻⁸ are quote quantums, in every market of the format. */
const CONVERSION_EXPONENT = -8;
const RESOLUTIONS: Readonly<Record<string, number>> = { Btc: -8, Eth: -9 };
/** Tiers that are named by no percentage. */
const NAMED_TIERS: readonly Readonly<{ name: string; initial: bigint; fraction: bigint }>[] = [
  { name: 'NoMarginRequirement', initial: 0n, fraction: 0n },
  { name: 'SmallMarginRequirement', initial: 9_910n, fraction: 1_000_000n },
];

/**
 * Prices of a liquidation in quantums, integer-exact, per `calc`. A market's `profile` names its coin and its
 * tier (`BtcUsd_20PercentInitial_10PercentMaintenance`); `initial_margin_ppm`, `maintenance_fraction_ppm` and
 * `atomic_resolution` of a market count before it. Optional keys: of `config`, adjustment 1,000,000, spread
 * 100,000, fee 5,000; `oracle_price` 50,000 (Btc) and 3,000 (Eth). A fillable price is compared as a
 * fraction.
 */
export const dydxLiquidation: CaseFormat = {
  name: '08-dydx-liquidation',
  keys: ['calc', 'input.positions', 'input.usdc_balance'],
  tolerance: () => EXACT,
  evaluate: (item) => {
    const input = fieldsAt(item, 'input');
    const market = marketId(input, 'market');
    const [account, markets, terms] = [accountOf(input), marketsOf(input), termsOf(input)];
    switch (textAt(item, 'calc')) {
      case 'bankruptcy_price_quote_quantums':
        return {
          quote_quantums: bankruptcyQuote(account, markets, market, integerAt(input, 'delta_quantums')),
        };
      case 'fillable_price_subticks':
        return fractionFor(
          item,
          fillablePrice(account, markets, market, integerAt(input, 'delta_quantums'), terms),
        );
      case 'insurance_fund_delta': {
        const fill = {
          isBuy: flagAt(input, 'is_buy'),
          quantums: integerAt(input, 'fill_amount_quantums'),
          subticks: integerAt(input, 'subticks'),
          conversionExponent: CONVERSION_EXPONENT,
        };
        return { quote_quantums: insuranceFundDelta(account, markets, market, fill, terms) };
      }
      default:
        throw new CaseError(`calc: Expected one of ${CALCULATIONS}, was ${textAt(item, 'calc')}`);
    }
  },
};

/** The same fraction over the denominator of the case, where that is possible; else reduced. */
const fractionFor = (
  { expected }: Case,
  { numerator, denominator }: Readonly<{ numerator: bigint; denominator: bigint }>,
): Fields => {
  const wanted = integerAt(fieldsAt({ expected }, 'expected'), 'denominator', denominator);
  return (numerator * wanted) % denominator === 0n
    ? { numerator: (numerator * wanted) / denominator, denominator: wanted }
    : { numerator, denominator };
};

const marketId = (fields: Fields, key: string): string => String(integerAt(fields, key));

const accountOf = (input: Fields): DydxAccount => ({
  cash: floatToUnits(numberAt(input, 'usdc_balance'), QUOTE_DIGITS, 'half-even'),
  positions: recordsAt(input, 'positions').map((position) => {
    const market = marketId(position, 'market');
    const resolution = resolutionOf(marketFields(input, market));
    return { market, quantums: floatToUnits(numberAt(position, 'size'), -resolution, 'half-even') };
  }),
});

const marketFields = (input: Fields, id: string): Fields => {
  const found = recordsAt(input, 'markets').find((market) => marketId(market, 'id') === id);
  if (!found) throw new CaseError(`markets: Expected a market with the id ${id}, was none`);
  return found;
};

const marketsOf = (input: Fields): DydxMarkets =>
  new Map(recordsAt(input, 'markets').map((market) => [marketId(market, 'id'), marketOf(market)]));

const marketOf = (market: Fields): DydxMarket => {
  const coin = coinOf(market);
  const fallback = coin === 'Btc' ? 50_000 : coin === 'Eth' ? 3_000 : undefined;
  const resolution = resolutionOf(market);
  const tier = tierOf(market);
  return {
    price: {
      value: floatToUnits(numberAt(market, 'oracle_price', fallback), PRICE_DIGITS, 'half-even'),
      exponent: -PRICE_DIGITS,
      resolution,
    },
    tier: { ...tier, openInterestLowerCap: 0n, openInterestUpperCap: 0n },
    openInterest: 0n,
  };
};

const coinOf = (market: Fields): string => textAt(market, 'profile', '').replace(/Usd_.*$/, '');

const resolutionOf = (market: Fields): number => {
  const own = RESOLUTIONS[coinOf(market)];
  return numberAt(market, 'atomic_resolution', own);
};

const tierOf = (market: Fields): Readonly<{ initialPpm: bigint; maintenanceFractionPpm: bigint }> => {
  if (market['initial_margin_ppm'] !== undefined)
    return {
      initialPpm: integerAt(market, 'initial_margin_ppm'),
      maintenanceFractionPpm: integerAt(market, 'maintenance_fraction_ppm', 1_000_000n),
    };
  const profile = textAt(market, 'profile');
  const named = NAMED_TIERS.find(({ name }) => profile.endsWith(name));
  if (named) return { initialPpm: named.initial, maintenanceFractionPpm: named.fraction };
  const both = /_(\d+)PercentInitial_(\d+)PercentMaintenance/.exec(profile);
  const one = /_(\d+)PercentMarginRequirement/.exec(profile);
  const [initial, maintenance] = [both?.[1] ?? one?.[1], both?.[2] ?? one?.[1]];
  if (initial === undefined || maintenance === undefined || /^0+$/.test(initial))
    throw new CaseError(
      `profile: Expected the percentages of both margins in ${profile}, or initial_margin_ppm, was none`,
    );
  return {
    initialPpm: BigInt(initial) * 10_000n,
    maintenanceFractionPpm: (BigInt(maintenance) * 1_000_000n) / BigInt(initial),
  };
};

const termsOf = (input: Fields): DydxLiquidationTerms => {
  const config = fieldsAt(input, 'config', {});
  return {
    bankruptcyAdjustmentPpm: integerAt(config, 'bankruptcy_adjustment_ppm', 1_000_000n),
    spreadToMaintenancePpm: integerAt(config, 'spread_to_mmr_ratio_ppm', 100_000n),
    liquidationFeePpmMax: integerAt(config, 'max_liquidation_fee_ppm', 5_000n),
  };
};
