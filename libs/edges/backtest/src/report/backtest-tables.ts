import { numberText, percentText, shortText, type ReportRow, type ReportTable } from '@plinth/report';
import { STYLES, STYLE_TEXTS } from '../books/styles.ts';
import type { BacktestFigures, CoverageRow } from '../run/figures.ts';

/** Two decimals: coverage is about tenths of a percent. */
const shareText = (share: number): string => (Number.isNaN(share) ? '–' : `${numberText(share * 100, 2)} %`);
const ratioText = (ratio: number): string => (Number.isFinite(ratio) ? percentText(ratio) : '–');

/** Every table of a backtest in the order in which it is read. */
export const backtestTables = (figures: BacktestFigures): readonly ReportTable[] => [
  goalsTable(figures),
  houseTable(figures),
  modelsTable(figures),
  efficiencyTable(figures),
  equalTable(figures),
  safeTable(figures),
  cheaperTable(figures),
  venuesTable(figures),
  partsTable(figures),
  chainsTable(figures),
  dataSetsTable(figures),
  ...figures.dataSets.map(({ dataSet }) => dataSetTable(figures, dataSet)),
  refusalsTable(figures),
];

const goalsTable = ({ goals }: BacktestFigures): ReportTable => ({
  title: 'Goals',
  rows: goals.map(({ name, goal, reached, holds }) => ({
    goal: name,
    wanted: percentText(goal),
    reached: shareText(reached),
    holds: holds ? 'yes' : 'no',
  })),
});

const coverageCells = ({ maintenance: m, shareAtEnd, shareInitial }: CoverageRow): ReportRow => ({
  books: numberText(m.books),
  refused: numberText(m.refused),
  covered: shareText(m.share),
  '95 % from': shareText(m.interval.low),
  to: shareText(m.interval.high),
  breaches: numberText(m.breaches),
  'in moments': `${numberText(m.breachedMoments)} of ${numberText(m.moments)}`,
  'worst, USD': shortText(m.worstShortfall),
  'worst, of size': percentText(m.worstRelative),
  'at the end': shareText(shareAtEnd),
  'at initial': shareText(shareInitial),
  'asked, of size': ratioText(m.requirement),
});

const SCOPES = ['calibration', 'test', 'all'];

const houseTable = ({ rows, run }: BacktestFigures): ReportTable => ({
  title: 'The house by style',
  note:
    'covered: the worst loss of marks within the horizon is not above the maintenance margin less its part ' +
    `for the cost of unwinding; intervals of Wilson. Parameters ${run.parameters}.`,
  rows: rows
    .filter(({ model, scope }) => model === 'house' && SCOPES.includes(scope))
    .map((row) => ({ data: row.scope, style: row.style, ...coverageCells(row) })),
  brief: {
    rows: 40,
    columns: [
      'data',
      'style',
      'books',
      'covered',
      '95 % from',
      'breaches',
      'worst, of size',
      'asked, of size',
    ],
  },
});

const modelCells = (row: CoverageRow): ReportRow => ({
  style: row.style,
  model: row.model,
  ...coverageCells(row),
  'house over it': ratioText(row.houseOver),
  'at initial margin': ratioText(row.houseOverInitial),
  'scale to the goal': Number.isFinite(row.scaleToGoal) ? numberText(row.scaleToGoal, 2) : '–',
  'at equal coverage': ratioText(row.houseOverAtGoal),
  'scale to safety': Number.isFinite(row.safeScale) ? numberText(row.safeScale, 2) : '–',
  'as safe': ratioText(row.houseOverAsSafe),
});

const modelsTable = ({ rows }: BacktestFigures): ReportTable => ({
  title: 'Every model, all data',
  note: 'house over it: average requirement of the house over that of the model, on the books it margins.',
  rows: rows.filter(({ scope }) => scope === 'all').map(modelCells),
  brief: { rows: 0 },
});

/** One column a model. */
const efficiencyTable = ({ rows }: BacktestFigures): ReportTable => ({
  title: 'Requirement of the house over each model’s, all data',
  note: 'maintenance margin; in brackets what share of the same books the model covers.',
  rows: [...STYLES, 'all' as const].flatMap((style) => {
    const own = rows.filter((row) => row.scope === 'all' && row.style === style && row.model !== 'house');
    if (own.length === 0) return [];
    const cells = own.map(({ model, houseOver, maintenance }) => [
      model,
      maintenance.books === 0 ? 'refused' : `${ratioText(houseOver)} (${percentText(maintenance.share)})`,
    ]);
    return [{ style, ...Object.fromEntries(cells) } as ReportRow];
  }),
});

/** What asks little and covers little is scaled up, what asks much down. */
const equalTable = (figures: BacktestFigures): ReportTable => ({
  title: 'The same at equal coverage of each style, all data',
  note:
    'what is asked for moves of prices, of every model and of the house, multiplied by one constant a ' +
    `style so that it covers just ${percentText(figures.run.goal)} of the books that the model margins; ` +
    'below 100 % the house needs less.',
  rows: ratioRows(figures, ({ houseOverAtGoal }) => houseOverAtGoal),
});

/** A rulebook is one for all books: it cannot be scaled style by style. */
const safeTable = (figures: BacktestFigures): ReportTable => ({
  title: 'The same when each model is safe in every style, all data',
  note:
    `one constant a model, the least that covers ${percentText(figures.run.goal)} of every style; below ` +
    '100 % the house needs less.',
  rows: ratioRows(figures, ({ houseOverAsSafe }) => houseOverAsSafe),
});

const ratioRows = ({ rows }: BacktestFigures, ratio: (row: CoverageRow) => number): readonly ReportRow[] =>
  [...STYLES, 'all' as const].flatMap((style) => {
    const own = rows.filter((row) => row.scope === 'all' && row.style === style && row.model !== 'house');
    const cells = own.map((row) => [
      row.model,
      row.maintenance.books === 0 ? 'refused' : ratioText(ratio(row)),
    ]);
    return own.length === 0 ? [] : [{ style, ...Object.fromEntries(cells) } as ReportRow];
  });

/** Where the house is not the best: nothing that speaks against it is left for the reader to find. */
const cheaperTable = ({ rows }: BacktestFigures): ReportTable => ({
  title: 'Models that ask for less than the house and cover no less, all data',
  note: 'on the books that they margin; a model that is cheap here may be unsafe for books of other styles.',
  rows: rows
    .filter(({ scope, model, houseOver, houseShare, maintenance }) => {
      const isOther = scope === 'all' && model !== 'house' && model !== 'house by venue';
      return isOther && houseOver > 1 && maintenance.share >= houseShare;
    })
    .map(({ style, model, maintenance, houseShare, houseOver }) => ({
      style,
      model,
      books: numberText(maintenance.books),
      covered: shareText(maintenance.share),
      'house covers': shareText(houseShare),
      'house over it': ratioText(houseOver),
    })),
});

const venuesTable = ({ venues }: BacktestFigures): ReportTable => ({
  title: 'Books across venues: the house over the sum of the venues’ own requirements',
  note:
    'if all venues had one model; a model that covers few long and short books asks too little. ' +
    '“house by venue”: every venue has the house’s own model and knows nothing of the others.',
  rows: venues.map(({ style, model, books, maintenance, initial, directional }) => ({
    style,
    model,
    books: numberText(books),
    'maintenance margin': ratioText(maintenance),
    'initial margin': ratioText(initial),
    'covers of long and short': shareText(directional),
  })),
  brief: { rows: 24 },
});

const partsTable = ({ parts }: BacktestFigures): ReportTable => ({
  title: 'What the maintenance margin of the house is made of',
  note: 'shares of the books’ size: notional of contracts, or value of what is held and owed without any.',
  rows: parts.map(({ style, requirement, parts: own }) => ({
    style,
    asked: shareText(requirement),
    scan: shareText(own.scan),
    basis: shareText(own.basis),
    'short options': shareText(own.shortOption),
    concentration: shareText(own.concentration),
    'venue credit': shareText(own.venueCredit),
    'liquidity coverage': shareText(own.coverage),
    books: STYLE_TEXTS[style],
  })),
});

const chainsTable = ({ chains }: BacktestFigures): ReportTable => ({
  title: 'Recorded chains of options, from one to the next',
  note:
    'listed options at recorded marks and volatilities, the house’s parameters with the gap as horizon; ' +
    'books of one gap fail together, and these were calm: no proof of a crash. In no sum and no goal.',
  rows: chains.map(({ coin, from, to, style, horizonHours, maintenance: m }) => ({
    ...{ coin, from, to, style, hours: numberText(horizonHours) },
    books: numberText(m.books),
    covered: shareText(m.share),
    'worst, of size': percentText(m.worstRelative),
    'asked, of size': ratioText(m.requirement),
  })),
});

const dataSetsTable = ({ dataSets, unused }: BacktestFigures): ReportTable => ({
  title: 'Data sets',
  note:
    unused.length === 0 ? 'All were used.' : `Without prices that a contract follows: ${unused.join(', ')}.`,
  rows: dataSets.map((set) => ({
    'data set': set.dataSet,
    used: set.isSummed ? set.role : 'alone: too short for the horizon',
    from: set.from,
    to: set.to,
    step: `${numberText(set.stepMs / 1_000)} s`,
    horizon: `${numberText(set.horizonMs / 60_000, set.horizonMs < 600_000 ? 1 : 0)} min`,
    contracts: numberText(set.series),
    moments: numberText(set.moments),
    books: numberText(set.books),
    'not observed': numberText(set.unobserved),
    'broken rows': numberText(set.brokenRows),
    notes: set.notes.join('; '),
  })),
  brief: {
    rows: 20,
    columns: ['data set', 'used', 'from', 'to', 'step', 'horizon', 'contracts', 'moments', 'books'],
  },
});

const dataSetTable = ({ rows }: BacktestFigures, dataSet: string): ReportTable => ({
  title: dataSet,
  folded: true,
  rows: rows.filter(({ scope }) => scope === dataSet).map(modelCells),
  brief: { rows: 0 },
});

const refusalsTable = ({ refusals }: BacktestFigures): ReportTable => ({
  title: 'Refused books',
  note: 'a book that a model does not margin is in none of its figures.',
  folded: true,
  rows: refusals.map(({ model, reason, books }) => ({ model, reason, books: numberText(books) })),
  brief: { rows: 0 },
});
