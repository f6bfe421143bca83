import {
  derivePmrm2,
  netInitial,
  netMaintenance,
  type DerivePmrm2Parameters,
  type DerivePmrm2Requirement,
  type ExpiryMarket,
  type ModelMarket,
  type ModelPortfolio,
} from '@plinth/margin/models';
import { CaseError, fieldsAt, flagAt, listAt, numberAt, recordsAt, textAt, type Fields } from '../fields.ts';
import { largestOf } from '../comparison.ts';
import type { CaseFormat } from '../format.ts';

/** The portfolio's one underlying: the format does not name it. */
const UNDERLYING = 'underlying';

/**
 * Portfolio margin, one underlying a case, with its own parameter block and list of scenarios. Optional keys:
 * `cash` 0, `stable_price` 1, every confidence 1, `rate` 0, `perp`, `collateral`, `options` and
 * `expiry_feeds` empty, `unrealised_pnl` and `unrealised_funding` 0, `mm_haircut` and `im_extra_haircut` 0,
 * `risk_cancelling` false; an option without `mark_vol` has the volatility of its expiry's `svi`. Parameters
 * have no defaults.
 */
export const derivePmrm2PortfolioMargin: CaseFormat = {
  name: '01-derive-pmrm2-portfolio-margin',
  keys: ['input.spot', 'input.parameters', 'input.scenarios'],
  tolerance: (item, { header }) => ({
    relative: numberAt(header, 'tolerance_relative', 1e-8),
    // A figure that is what is left of large ones has no digits below these.
    absolute: Math.max(1e-8, 1e-12 * largestOf(item['expected'])),
  }),
  evaluate: (item) => {
    const input = fieldsAt(item, 'input');
    return figuresOf(derivePmrm2.requirement(portfolioOf(input), marketOf(input), parametersOf(input)));
  },
};

const figuresOf = (result: DerivePmrm2Requirement): Fields => {
  const { charges, worst } = result;
  const { maintenance, initial } = charges;
  return {
    maintenance_margin: netMaintenance(result),
    initial_margin: netInitial(result),
    portfolio_mtm: result.markToMarket,
    option_mtm: result.optionValue,
    collateral_mtm: result.collateralValue,
    perp_mtm: result.perpetualValue,
    mm_contingency: negated(maintenance),
    im_contingency: negated(initial),
    oracle_contingency: -initial.oracle,
    forward_contingency: result.basisContingency,
    basis_contingency: result.basisContingency,
    im_loss_factor: result.initialFactor,
    mm_loss_factor: result.maintenanceFactor,
    scenario_pnl: result.scenarioProfits,
    worst_index: worst.index,
    worst_scenario: worst.index,
    worst_pnl: worst.profit,
    min_span: worst.profit,
  };
};

/** Charges are positive with us and negative in the format. */
const negated = ({ perpetual, ...others }: DerivePmrm2Requirement['charges']['maintenance']): Fields => ({
  perp: -perpetual,
  ...Object.fromEntries(Object.entries(others).map(([name, value]) => [name, -value])),
});

const portfolioOf = (input: Fields): ModelPortfolio => {
  const perp = fieldsAt(input, 'perp', {});
  const size = numberAt(perp, 'size', 0);
  return {
    cash: numberAt(input, 'cash', 0),
    perpetuals: [
      {
        underlying: UNDERLYING,
        size,
        unrealisedProfit: numberAt(perp, 'unrealised_pnl', 0),
        accruedFunding: numberAt(perp, 'unrealised_funding', 0),
      },
    ],
    options: recordsAt(input, 'options', []).map((option) => ({
      underlying: UNDERLYING,
      secondsToExpiry: numberAt(option, 'seconds_to_expiry'),
      strike: numberAt(option, 'strike'),
      isCall: flagAt(option, 'call'),
      size: numberAt(option, 'amount'),
    })),
    assets: recordsAt(input, 'collateral', []).map((held, i) => ({
      asset: assetName(held, i),
      quantity: numberAt(held, 'amount'),
    })),
  };
};

/** A coin may stand in the list twice, at different terms. */
const assetName = (held: Fields, i: number): string => `${i} ${textAt(held, 'name', 'collateral')}`;

const marketOf = (input: Fields): ModelMarket => {
  const perp = fieldsAt(input, 'perp', {});
  const options = recordsAt(input, 'options', []);
  return {
    stablePrice: numberAt(input, 'stable_price', 1),
    assets: new Map(
      recordsAt(input, 'collateral', []).map((held, i) => [
        assetName(held, i),
        { price: numberAt(held, 'price'), confidence: numberAt(held, 'confidence', 1) },
      ]),
    ),
    underlyings: new Map([
      [
        UNDERLYING,
        {
          spot: { price: numberAt(input, 'spot'), confidence: numberAt(input, 'spot_confidence', 1) },
          ...(numberAt(perp, 'size', 0) === 0
            ? {}
            : { perpetual: { price: numberAt(perp, 'price'), confidence: numberAt(perp, 'confidence', 1) } }),
          expiries: recordsAt(input, 'expiry_feeds', []).map((feed) => expiryOf(feed, options)),
        },
      ],
    ]),
  };
};

const expiryOf = (feed: Fields, options: readonly Fields[]): ExpiryMarket => {
  const secondsToExpiry = numberAt(feed, 'seconds_to_expiry');
  const own = options.filter((option) => numberAt(option, 'seconds_to_expiry') === secondsToExpiry);
  return {
    secondsToExpiry,
    forward: numberAt(feed, 'forward'),
    ...(feed['forward_fixed'] === undefined ? {} : { fixedForward: numberAt(feed, 'forward_fixed') }),
    forwardConfidence: numberAt(feed, 'forward_confidence', 1),
    rate: numberAt(feed, 'rate', 0),
    rateConfidence: numberAt(feed, 'rate_confidence', 1),
    volatilityConfidence: numberAt(feed, 'vol_confidence', 1),
    volatility: (strike) => {
      const marked = own.find(
        (option) => numberAt(option, 'strike') === strike && (option['mark_vol'] ?? null) !== null,
      );
      if (marked) return numberAt(marked, 'mark_vol');
      return feed['svi'] === undefined ? undefined : sviVolatility(fieldsAt(feed, 'svi'), strike);
    },
  };
};

/** Raw SVI of the feed: total variance over its own time to expiry. */
const sviVolatility = (svi: Fields, strike: number): number => {
  const [a, b, rho] = [numberAt(svi, 'a'), numberAt(svi, 'b'), numberAt(svi, 'rho')];
  const away = Math.log(strike / numberAt(svi, 'forward')) - numberAt(svi, 'm');
  const variance = a + b * (rho * away + Math.hypot(away, numberAt(svi, 'sigma')));
  return Math.sqrt(variance / numberAt(svi, 'tau'));
};

const parametersOf = (input: Fields): DerivePmrm2Parameters => {
  const blocks = fieldsAt(input, 'parameters');
  const [skew, volatility] = [fieldsAt(blocks, 'SkewShock'), fieldsAt(blocks, 'VolShock')];
  const [margin, basis] = [fieldsAt(blocks, 'Margin'), fieldsAt(blocks, 'BasisContingency')];
  return {
    underlying: UNDERLYING,
    scenarios: listAt(input, 'scenarios').map(scenarioOf),
    volatility: {
      rangeUp: numberAt(volatility, 'VOLRANGEUP'),
      rangeDown: numberAt(volatility, 'VOLRANGEDOWN'),
      shortTermPower: numberAt(volatility, 'SHORTTERMPOWER'),
      longTermPower: numberAt(volatility, 'LONGTERMPOWER'),
      floorDays: numberAt(volatility, 'DTE_FLOOR'),
      minimumUp: numberAt(volatility, 'MIN_VOL_EVAL_SHOCKED'),
    },
    skew: {
      linearCap: numberAt(skew, 'LINEAR_SCALE_CAP'),
      linearSlope: numberAt(skew, 'LINEAR_CBASE'),
      absCap: numberAt(skew, 'ABS_SCALE_CAP'),
      absSlope: numberAt(skew, 'ABS_CBASE'),
      minimumWidth: numberAt(skew, 'MIN_K_STAR'),
      widthScale: numberAt(skew, 'MIN_WIDTH_SCALE'),
      volatilityStatic: numberAt(skew, 'VOL_PARAM_STATIC'),
      volatilityScale: numberAt(skew, 'VOL_PARAM_SCALE'),
    },
    margin: {
      initial: numberAt(margin, 'IM_LOSS_FACTOR'),
      maintenance: numberAt(margin, 'MM_LOSS_FACTOR'),
      shortDiscount: numberAt(margin, 'BASE_STATIC_DISCOUNT_NEG'),
      shortRateMultiplier: numberAt(margin, 'SHORT_RATE_MULTSCALE'),
      shortRateAdd: numberAt(margin, 'SHORT_RATE_ADDSCALE'),
      longDiscount: numberAt(margin, 'BASE_STATIC_DISCOUNT'),
      longRateMultiplier: numberAt(margin, 'LONG_RATE_MULTSCALE'),
      longRateAdd: numberAt(margin, 'LONG_RATE_ADDSCALE'),
    },
    basis: {
      spotUp: numberAt(basis, 'SCENARIO_SPOT_UP'),
      spotDown: numberAt(basis, 'SCENARIO_SPOT_DOWN'),
      add: numberAt(basis, 'BASIS_CONT_ADD_FACTOR'),
      perYear: numberAt(basis, 'BASIS_CONT_MULT_FACTOR'),
    },
    contingencies: contingenciesOf(fieldsAt(blocks, 'OtherContingency')),
    collateral: new Map(
      recordsAt(input, 'collateral', []).map((held, i) => [
        assetName(held, i),
        {
          maintenanceHaircut: numberAt(held, 'mm_haircut', 0),
          initialHaircut: numberAt(held, 'im_extra_haircut', 0),
          isRiskCancelling: flagAt(held, 'risk_cancelling', false),
        },
      ]),
    ),
  };
};

/**
 * `IM_…_PERCENT` comes on top of maintenance; `IM_…_PERCENT_NORMAL` is the sum of both and says nothing new.
 */
const contingenciesOf = (other: Fields): DerivePmrm2Parameters['contingencies'] => ({
  pegThreshold: numberAt(other, 'PEG_LOSS_THRESHOLD'),
  pegFactor: numberAt(other, 'PEG_LOSS_FACTOR'),
  confidenceThreshold: numberAt(other, 'CONF_THRESHOLD'),
  confidenceFactor: numberAt(other, 'CONF_MARGIN'),
  perpetualMaintenance: numberAt(other, 'MM_PERP_PERCENT'),
  perpetualInitial: numberAt(other, 'IM_PERP_PERCENT'),
  optionMaintenance: numberAt(other, 'MM_OPTION_PERCENT'),
  optionInitial: numberAt(other, 'IM_OPTION_PERCENT'),
});

const MOVES = { up: 'up', none: 'none', down: 'down', linear: 'linear', abs: 'abs' } as const;

/** `[factor on the price, Up | None | Down | LINEAR | ABS, damping]`; damping 1 when it is missing. */
const scenarioOf = (item: unknown, i: number): DerivePmrm2Parameters['scenarios'][number] => {
  const row = Array.isArray(item) ? (item as readonly unknown[]) : [];
  const named = { [`scenarios[${i}] spot`]: row[0], [`scenarios[${i}] damping`]: row[2] };
  const move = typeof row[1] === 'string' ? row[1].toLowerCase() : '';
  if (!Object.hasOwn(MOVES, move))
    throw new CaseError(`scenarios[${i}]: Expected Up, None, Down, LINEAR or ABS, was ${String(row[1])}`);
  return {
    spot: numberAt(named, `scenarios[${i}] spot`),
    volatility: MOVES[move as keyof typeof MOVES],
    damping: numberAt(named, `scenarios[${i}] damping`, 1),
  };
};
