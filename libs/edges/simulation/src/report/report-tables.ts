import { numberText, percentText, timeText, type ReportRow, type ReportTable } from '@plinth/report';
import type { Comparison, CostFigures, RunFigures } from './figures.ts';

/** Margin that the portfolio does not need, as a share of what its lines need alone. */
export const savedShare = (portfolio: number, isolated: number): number =>
  isolated === 0 ? 0 : 1 - portfolio / isolated;

/** What is wrong with a run, a line each: nothing when it is sound. */
export const faultsOf = ({ invariants, proof, ledger, interest }: RunFigures): readonly string[] => [
  ...invariants.found.map(
    ({ invariant, position, detail }) =>
      `${invariant}: ${detail} (${position === '0' ? 'at the end of the log' : `position ${position}`})`,
  ),
  ...(proof.checks.length > 0 ? [] : ['the log was not proved']),
  ...proof.checks.filter(({ ok }) => !ok).map(({ what, detail }) => `not so: ${what}: ${detail}`),
  ...ledger.filter(({ sum }) => sum !== '0').map(({ asset, sum }) => `ledger of ${asset}: sum ${sum}`),
  ...interest
    .filter(({ difference }) => difference !== '0')
    .map(({ asset, difference }) => `interest of ${asset}: difference ${difference}`),
];

export const isSound = (figures: RunFigures): boolean => faultsOf(figures).length === 0;

/** The tables of a run in the order in which they are read. */
export const reportTables = (figures: RunFigures): readonly ReportTable[] => [
  accountsTable(figures),
  efficiencyTable(figures),
  { title: 'Efficiency by style', rows: efficiencyByStyle(figures) },
  totalsTable(figures),
  liquidationTable(figures),
  ordersTable(figures),
  refusalsTable(figures),
  interestTable(figures),
  fundingTable(figures),
  settlementTable(figures),
  conservationTable(figures),
  invariantsTable(figures),
  proofTable(figures),
  eventsTable(figures),
];

const eventsTable = ({ events }: RunFigures): ReportTable => ({
  title: 'Events',
  folded: true,
  note: `${numberText(events.total)} of ${numberText(events.byType.length)} types.`,
  brief: { rows: 0 },
  rows: events.byType.map(({ type, count }) => ({ event: type, count: numberText(count) })),
});

const accountsTable = ({ accounts }: RunFigures): ReportTable => ({
  title: 'Accounts',
  rows: accounts.map(({ style, accounts: count, called, liquidated, equityEnd, badDebt }) => ({
    style,
    accounts: numberText(count),
    called: numberText(called),
    liquidated: numberText(liquidated),
    'equity at the end, USD': numberText(equityEnd),
    'bad debt, USD': numberText(badDebt, 2),
  })),
});

const comparison = ({ accounts, lines, portfolio, isolated }: Comparison): ReportRow => ({
  accounts: numberText(accounts),
  lines: numberText(lines),
  'IM isolated': numberText(isolated.initial),
  'IM portfolio': numberText(portfolio.initial),
  'IM saved': percentText(savedShare(portfolio.initial, isolated.initial)),
  'MM isolated': numberText(isolated.maintenance),
  'MM portfolio': numberText(portfolio.maintenance),
  'MM saved': percentText(savedShare(portfolio.maintenance, isolated.maintenance)),
});

const MOMENTS = {
  before: 'before the first liquidation',
  worst: 'least covered',
  end: 'at the end',
} as const;

const efficiencyTable = ({ efficiency }: RunFigures): ReportTable => ({
  title: 'Capital efficiency',
  note:
    'The same book under the same formulas: each account as one portfolio over all venues, against each of ' +
    'its positions, balances and debts margined alone. A portfolio can need more than its lines where its ' +
    'money stands at another venue than its positions (liquidity coverage). USD.',
  rows: efficiency.map(({ name, atMs, total }) => ({
    moment: MOMENTS[name],
    time: timeText(atMs),
    ...comparison(total),
  })),
});

/** By style before anything was closed, where there is such a moment. */
const efficiencyByStyle = ({ efficiency }: RunFigures): readonly ReportRow[] =>
  (efficiency[0]?.byStyle ?? [])
    .filter(({ lines }) => lines > 0)
    .map((style) => ({ style: style.style, ...comparison(style) }));

const LIQUIDATION_BRIEF = [
  ...['account', 'style', 'cause', 'start', 'equity →', 'MM →'],
  ...['reduced', 'slippage', 'bad debt', 'outcome'],
];

const liquidationTable = ({ liquidations }: RunFigures): ReportTable => ({
  title: 'Liquidations',
  brief: { rows: 12, columns: LIQUIDATION_BRIEF },
  note:
    'USD. Cause: deadline of a call, maintenance margin lost during one, or a gap that no call could ' +
    'precede.',
  rows: liquidations.rows.map((row) => ({
    liquidation: row.liquidationId,
    account: row.accountId,
    style: row.style,
    cause: row.cause,
    start: timeText(row.startedAtMs),
    end: timeText(row.endedAtMs),
    'equity →': `${numberText(row.equityStart)} → ${numberText(row.equityEnd)}`,
    'MM →': `${numberText(row.maintenanceStart)} → ${numberText(row.maintenanceEnd)}`,
    steps: numberText(row.steps),
    reduced: numberText(row.reducedNotional),
    slippage: numberText(row.slippage),
    'fund paid': numberText(row.fundPaid, 2),
    'bad debt': numberText(row.badDebt, 2),
    outcome: row.outcome,
    reason: row.reason,
  })),
});

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${numberText(count)}`)
    .join(', ') || 'none';

const totalsTable = ({ calls, liquidations, states }: RunFigures): ReportTable => ({
  title: 'Calls and liquidations',
  rows: [
    ['states at the end', listed(states.end)],
    [
      'margin calls',
      `${numberText(calls.made)}: cured ${numberText(calls.cured)}, escalated ${numberText(calls.escalated)}`,
    ],
    ['liquidations by cause', listed(liquidations.byCause)],
    ['by outcome', listed(liquidations.byOutcome)],
    [
      'deferred by prices, paused',
      `${numberText(liquidations.deferred)}, ${numberText(liquidations.paused)}`,
    ],
    ['reduced, USD', numberText(liquidations.reducedNotional)],
    ['slippage, USD', numberText(liquidations.slippage)],
    ['fees to the insurance fund, USD', numberText(liquidations.liquidationFees)],
    ['paid by the fund, USD', numberText(liquidations.fundPaid, 2)],
    ['bad debt, USD', numberText(liquidations.badDebt, 2)],
    [
      'fund at the end',
      liquidations.fundEnd.map(({ asset, amount }) => `${numberText(amount, 2)} ${asset}`).join(', '),
    ],
  ].map(([what = '', value = '']) => ({ what, value })),
});

const costs = (whose: string, c: CostFigures): ReportRow => ({
  whose,
  'orders with fills': numberText(c.orders),
  'notional, USD': numberText(c.notional),
  'shortfall, bp': numberText(c.shortfallBps, 2),
  'of it fees, bp': numberText(c.feesBps, 2),
  'best single venue would have cost more, bp': numberText(c.savedBps, 2),
  compared: numberText(c.compared),
});

const ordersTable = ({ orders }: RunFigures): ReportTable => ({
  title: 'Orders and execution',
  note: [
    `${numberText(orders.placed)} placed: ${numberText(orders.filled)} filled,`,
    `${numberText(orders.unfilled)} unfilled, ${numberText(orders.cancelled)} cancelled,`,
    `${numberText(orders.refused)} refused, ${numberText(orders.open)} open;`,
    `${numberText(orders.fills)} fills;`,
    `${numberText(orders.unknown)} answers of a venue were unknown for a while.`,
    'Costs against the price on arrival, fees included, weighted by notional.',
  ].join(' '),
  rows: [costs('clients', orders.clients), costs('liquidations', orders.liquidations)],
});

const refusalsTable = ({ refusals }: RunFigures): ReportTable => ({
  title: 'Refusals',
  folded: true,
  note: `${numberText(refusals.sent)} commands sent, ${numberText(refusals.refused)} refused at once.`,
  rows: refusals.byCode.map(({ what, code, count, example }) => ({
    what,
    code,
    count: numberText(count),
    'first answer': example,
  })),
});

const interestTable = ({ interest }: RunFigures): ReportTable => ({
  title: 'Interest',
  rows: interest.map(({ asset, settlements, borrowers, lenders, reserve, rounding, difference }) => ({
    asset,
    settlements: numberText(settlements),
    'borrowers paid': numberText(borrowers, 4),
    'lenders earned': numberText(lenders, 4),
    reserve: numberText(reserve, 4),
    rounding,
    difference,
  })),
});

const fundingTable = ({ funding }: RunFigures): ReportTable => ({
  title: 'Funding',
  rows: funding.map(({ asset, payments, received, paid, net }) => ({
    asset,
    payments: numberText(payments),
    received: numberText(received, 2),
    paid: numberText(paid, 2),
    net: numberText(net, 2),
  })),
});

const settlementTable = ({ settlements }: RunFigures): ReportTable => ({
  title: 'Expiry and settlement',
  note:
    'Positions in what expired, settled in cash at the average of the index over the last 30 minutes: ' +
    'futures at their profit, options at their intrinsic value. ' +
    `Orders of structured products: ${outcomesText(settlements.products)}; ` +
    `settlements that waited for live prices: ${numberText(settlements.deferred)}.`,
  rows: settlements.rows.map(({ instrumentId, price, atMs, positions, contracts, received, paid }) => ({
    contract: instrumentId,
    settled: timeText(atMs),
    price: numberText(Number(price), 2),
    positions: numberText(positions),
    contracts: numberText(Number(contracts), 4),
    'received, USD': numberText(Number(received), 2),
    'paid, USD': numberText(Number(paid), 2),
  })),
});

const outcomesText = (outcomes: Readonly<Record<string, number>>): string => {
  const parts = Object.entries(outcomes).map(([outcome, count]) => `${numberText(count)} ${outcome}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
};

const conservationTable = ({ ledger }: RunFigures): ReportTable => ({
  title: 'Conservation',
  note:
    'Balances of all ledger accounts by owner; every asset sums to zero exactly, the world outside ' +
    'included.',
  rows: ledger.map(({ asset, sum, ...kinds }) => ({
    asset,
    ...Object.fromEntries(Object.entries(kinds).map(([kind, amount]) => [kind, numberText(amount, 4)])),
    sum,
  })),
});

const invariantsTable = ({ invariants }: RunFigures): ReportTable => ({
  title: 'Invariants',
  brief: { rows: invariants.breaches === 0 ? 0 : Infinity },
  note:
    (invariants.breaches === 0
      ? `${numberText(invariants.checked.length)} invariants held at every event.`
      : `${numberText(invariants.breaches)} breaches.`) +
    (invariants.unjudged === 0
      ? ''
      : ` ${numberText(invariants.unjudged)} times one could not be judged: too much was under way.`),
  rows: [
    ...invariants.checked.map((invariant) => {
      const breaches = invariants.found.filter((one) => one.invariant === invariant);
      return {
        invariant,
        held: breaches.length === 0 ? 'yes' : 'no',
        where: breaches
          .slice(0, 5)
          .map(({ position, detail }) => `${position}: ${detail}`)
          .join('; '),
      };
    }),
  ],
});

const proofTable = ({ proof }: RunFigures): ReportTable => ({
  title: 'Proof of the log',
  note: `Merkle root ${proof.root} over ${numberText(proof.size)} events.`,
  rows: proof.checks.map(({ what, ok, detail }) => ({ check: what, held: ok ? 'yes' : 'no', detail })),
});
