import { ACCOUNT, argument, flag, LIQUIDATION, needed, oneOf, optional, text, type Call } from '../call.ts';
import { hypotheticalOrder, hypotheticalTransfer, underlyingMove, position } from '../parse-fields.ts';

const REQUIREMENT = oneOf(
  '--requirement <which>',
  'requirement',
  'which requirement',
  ['initial', 'maintenance'],
  'initial',
);

const several = (
  flags: string,
  field: string,
  about: string,
  parse: (text: string) => unknown,
): NonNullable<Call['options']>[number] => ({ ...text(flags, field, about), parse, fallback: [] });

const ORDERS = several(
  '--order <order...>',
  'orders',
  'e.g. sell:0.5:BTC-PERP@60000:alpha',
  hypotheticalOrder,
);

const TRANSFERS = several(
  '--transfer <move...>',
  'transfers',
  'e.g. --transfer=-1000:USDC:venue:alpha',
  hypotheticalTransfer,
);

const EXPLAIN_MARGIN = {
  about: 'the margin of an account as a tree of parts that sums exactly',
  method: 'Margin.ExplainMargin',
  args: [ACCOUNT],
  options: [
    REQUIREMENT,
    flag('--distances', 'distances', 'also how far each price and volatility is from each worse state'),
  ],
} as const;

const EXPLAIN_LIQUIDATION = {
  about: 'every stage of a liquidation with its inputs, legs and reasons',
  method: 'Margin.ExplainLiquidation',
  args: [LIQUIDATION],
} as const;

export const MARGIN_CALLS: readonly Call[] = [
  {
    name: 'margin show',
    about: 'equity, margins and state of an account, its call and its liquidation',
    method: 'Margin.GetMargin',
    args: [ACCOUNT],
  },
  { name: 'margin explain', ...EXPLAIN_MARGIN },
  {
    name: 'margin price',
    about: 'prices at which the account would be liquidated, all else equal',
    method: 'Margin.LiquidationPrice',
    args: [ACCOUNT],
    options: [text('--underlying <asset>', 'underlying', 'of one underlying only')],
  },
  {
    name: 'margin breaches',
    about: 'accounts that are not healthy, worst first (operators)',
    method: 'Operations.ListBreaches',
    options: [text('--state <state>', 'state', 'restricted, call, liquidation or insolvent')],
    rows: 'breaches',
  },
  {
    name: 'margin exposure',
    about: 'exposure by underlying, by venue or of the whole house',
    method: 'Margin.GetExposure',
    args: [optional('account', 'accountId', 'account id; operators may leave it out for the whole cell')],
    options: [
      oneOf('--by <scope>', 'scope', 'how it is summed', ['underlying', 'venue', 'house'], 'underlying'),
    ],
  },
  {
    name: 'margin greeks',
    about: 'delta, gamma, vega and theta of an account, or of the house (operators), in USD',
    method: 'Margin.GetGreeks',
    args: [optional('account', 'accountId', 'account id; operators may leave it out for the whole cell')],
    options: [
      oneOf(
        '--by <scope>',
        'scope',
        'how they are summed',
        ['position', 'underlying', 'account', 'house'],
        'underlying',
      ),
    ],
  },
  {
    name: 'margin compare',
    about: 'what each rulebook asks of the account, or of what it would be after hypothetical orders',
    method: 'Margin.MarginUnder',
    args: [ACCOUNT],
    options: [
      { ...text('--models <names...>', 'models', 'rulebooks to compare (default: all)'), fallback: [] },
      ORDERS,
      TRANSFERS,
    ],
  },
  {
    name: 'margin rulebook',
    about: 'the parameters that a rulebook is judged with',
    method: 'Margin.GetRulebook',
    args: [argument('rulebook', 'rulebook', 'e.g. dydx')],
  },
  { name: 'margin parameters', about: 'the parameter set in force', method: 'Margin.GetParameters' },
  { name: 'explain margin', ...EXPLAIN_MARGIN },
  { name: 'explain liquidation', ...EXPLAIN_LIQUIDATION },
  {
    name: 'whatif',
    about: 'margin after hypothetical orders, transfers and moves of the market',
    method: 'Margin.WhatIf',
    args: [ACCOUNT],
    options: [
      ORDERS,
      TRANSFERS,
      several('--price <move...>', 'priceMoves', 'e.g. BTC=-0.2', underlyingMove),
      several('--volatility <move...>', 'volatilityMoves', 'e.g. BTC=0.5', underlyingMove),
      text('--parameters <json>', 'parametersJson', 'another parameter set to margin under'),
    ],
  },
  {
    name: 'liquidations list',
    about: 'liquidations of an account, newest first',
    method: 'Margin.ListLiquidations',
    args: [optional('account', 'accountId', 'account id; operators may leave it out for all accounts')],
    options: [oneOf('--status <status>', 'status', 'which ones', ['running', 'completed', 'all'], 'all')],
    rows: 'liquidations',
    columns: [
      ...['liquidationId', 'accountId', 'status', 'cause', 'outcome', 'steps', 'equityStart', 'equityEnd'],
      ...['reducedNotional', 'slippage', 'fundPaid', 'badDebt', 'startedAtMs'],
    ],
  },
  {
    name: 'liquidations show',
    about: 'one liquidation with its figures',
    method: 'Margin.GetLiquidation',
    args: [LIQUIDATION],
  },
  { name: 'liquidations explain', ...EXPLAIN_LIQUIDATION },
  { name: 'fund show', about: 'the insurance fund (operators)', method: 'Operations.GetFund' },
  {
    name: 'fund add',
    about: 'bring the house’s own money in (operators)',
    method: 'Operations.FundHouse',
    options: [
      oneOf('--purpose <purpose>', 'purpose', 'where to', ['insurance', 'pool']),
      needed('--asset <symbol>', 'asset', 'asset'),
      needed('--amount <decimal>', 'amount', 'amount in units of the asset'),
      { ...text('--id <id>', 'fundingId', 'its own id (default: the request id)'), fromRequestId: 'plain' },
    ],
  },
  {
    name: 'gate show',
    about: 'whether the gate is open, and what closed it (operators)',
    method: 'Operations.GetGate',
  },
  {
    name: 'gate close',
    about: 'approve no payout and nothing that adds risk any more (operators, auditors)',
    method: 'Operations.CloseGate',
    args: [argument('reason', 'detail', 'why')],
    options: [
      { ...text('--cause <text>', 'cause', 'what it is closed for'), fallback: 'operator' },
      {
        ...text('--broken-at <position>', 'brokenAt', 'the event that broke it'),
        parse: position,
        fallback: 0n,
      },
    ],
  },
  {
    name: 'gate open',
    about: 'open the gate; a second operator has to say the same (operators)',
    method: 'Operations.OpenGate',
    args: [argument('reason', 'reason', 'what was found')],
    options: [
      {
        ...needed(
          '--explained-through <position>',
          'explainedThrough',
          'all that broke up to here is explained',
        ),
        parse: position,
      },
    ],
  },
];
