import {
  area,
  bar,
  ceiling,
  COLOURS,
  dot,
  frameOf,
  HEIGHT,
  label,
  legendOf,
  line,
  niceStep,
  numberText,
  percentText,
  shortText,
  svgOf,
  timeText,
  WIDTH,
  type Chart,
  type Point,
} from '@plinth/report';
import type { EfficiencyMoment, RunFigures } from './figures.ts';
import { savedShare } from './report-tables.ts';

const HOUR_MS = 3_600_000;

/** Time on the axis below: hours since the start, days when there are many. */
const timeAxis = ({ startMs, endMs }: RunFigures['run']) => {
  const hours = Math.max(1, (endMs - startMs) / HOUR_MS);
  const [unitMs, unit] = hours > 96 ? [24 * HOUR_MS, 'd'] : [HOUR_MS, 'h'];
  const span = (hours * HOUR_MS) / unitMs;
  return {
    x: [0, span] as const,
    xStep: niceStep(span),
    xText: (value: number): string => `${numberText(value, span < 4 ? 1 : 0)} ${unit}`,
    at: (atMs: number): number => (atMs - startMs) / unitMs,
  };
};

export const chartsOf = (figures: RunFigures): readonly Chart[] =>
  [
    prices(figures),
    bookMargin(figures),
    states(figures),
    liquidations(figures),
    styles(figures),
    waterfall(figures),
  ].filter((chart) => chart !== undefined);

const UNHEALTHY = ['insolvent', 'liquidation', 'call', 'restricted'] as const;

const states = ({ states: { samples }, run }: RunFigures): Chart | undefined => {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  const total = Object.values(last.counts).reduce((sum, n) => sum + n, 0);
  const sums = samples.map(({ counts }) => UNHEALTHY.reduce((sum, state) => sum + (counts[state] ?? 0), 0));
  const time = timeAxis(run);
  const axes = { ...time, yText: (n: number) => numberText(n) };
  const frame = frameOf({ y: [0, ceiling(Math.max(1, ...sums))], ...axes });
  let below = samples.map(() => 0);
  const layers = UNHEALTHY.map((state) => {
    const above = below.map((sum, n) => sum + (samples[n]?.counts[state] ?? 0));
    const points = (heights: readonly number[]): readonly Point[] =>
      samples.map(({ atMs }, n) => [frame.x(time.at(atMs)), frame.y(heights[n] ?? 0)]);
    const layer = area(points(above), points(below), `s-${state}`, state);
    below = above;
    return layer;
  });
  return {
    title: 'Accounts that are not healthy',
    note: `of ${numberText(total)}; the others have equity at or above their initial margin`,
    svg: svgOf('Accounts by state over time', frame.svg + layers.join('')),
    legend: legendOf(UNHEALTHY.map((state) => [`s-${state}`, state])),
  };
};

const prices = ({ prices: paths, run }: RunFigures): Chart | undefined => {
  // The most moved first: colours go to what a reader looks for.
  const drawn = [...paths]
    .sort((a, b) => a.lowest / a.first - b.lowest / b.first || (a.instrumentId < b.instrumentId ? -1 : 1))
    .slice(0, COLOURS);
  if (drawn.length === 0) return undefined;
  const shares = drawn.flatMap(({ first, points }) => points.map(({ price }) => (price / first) * 100));
  const time = timeAxis(run);
  const axes = { ...time, yText: (n: number) => `${numberText(n)} %` };
  const y = [Math.max(0, Math.min(...shares) - 2), Math.max(...shares) + 2] as const;
  const frame = frameOf({ y, ...axes });
  const lines = drawn.map(({ instrumentId, first, points }, n) =>
    line(
      points.map(({ atMs, price }) => [frame.x(time.at(atMs)), frame.y((price / first) * 100)]),
      n,
      instrumentId,
    ),
  );
  return {
    title: 'Marks',
    note: 'first mark of each = 100 %',
    svg: svgOf('Marks over time', frame.svg + lines.join('')),
    legend: legendOf(
      drawn.map(({ instrumentId, lowest, first }, n) => [
        `c${n}`,
        `${instrumentId.replace('/USD', '')} (low ${percentText(lowest / first - 1)})`,
      ]),
    ),
  };
};

const BOOK_LINES = [
  ['equity', 'equity'],
  ['initial', 'initial margin'],
  ['maintenance', 'maintenance margin'],
] as const;

const bookMargin = ({ book, run }: RunFigures): Chart | undefined => {
  if (book.length === 0) return undefined;
  const top = ceiling(Math.max(...book.map(({ equity, initial }) => Math.max(equity, initial))));
  const low = Math.min(0, ...book.map(({ equity }) => equity));
  const time = timeAxis(run);
  const axes = { ...time, yText: shortText };
  const frame = frameOf({ y: [low === 0 ? 0 : -ceiling(-low), top], ...axes });
  const lines = BOOK_LINES.map(([field, name], n) =>
    line(
      book.map((sample) => [frame.x(time.at(sample.atMs)), frame.y(sample[field])]),
      n,
      name,
    ),
  );
  return {
    title: 'Equity against margin, all accounts',
    note: 'USD, each account as one portfolio',
    svg: svgOf('Equity and margin over time', frame.svg + lines.join('')),
    legend: legendOf(BOOK_LINES.map(([, name], n) => [`c${n}`, name])),
  };
};

const OUTCOMES = ['restored', 'recovered', 'closed-out', 'shortfall', 'running'] as const;

const liquidations = ({ liquidations: { rows }, run }: RunFigures): Chart | undefined => {
  if (rows.length === 0) return undefined;
  const sizes = rows.map(({ reducedNotional }) => Number(reducedNotional));
  const top = ceiling(Math.max(1, ...sizes));
  const time = timeAxis(run);
  const frame = frameOf({
    y: [0, top],
    ...time,
    yText: shortText,
  });
  const dots = rows.map(({ startedAtMs, accountId, cause, outcome, style, badDebt }, n) => {
    const size = sizes[n] ?? 0;
    const what = `${cause} → ${outcome}, ${shortText(size)} USD at ${timeText(startedAtMs)}`;
    const text = `${accountId} (${style}), ${what}`;
    const radius = Number(badDebt) > 0 ? 7 : 4;
    return dot([frame.x(time.at(startedAtMs)), frame.y(size)], radius, `o-${outcome}`, text);
  });
  const seen = OUTCOMES.filter((outcome) => rows.some((row) => row.outcome === outcome));
  return {
    title: 'Liquidations',
    note: 'when they began, and USD that they reduced; large dots left bad debt',
    svg: svgOf('Liquidations over time', frame.svg + dots.join('')),
    legend: legendOf(seen.map((outcome) => [`o-${outcome}`, outcome])),
  };
};

const NAMES = {
  before: 'before the first liquidation',
  worst: 'when least covered',
  end: 'at the end',
} as const;

const styles = ({ efficiency }: RunFigures): Chart | undefined => {
  const [moment] = efficiency;
  const rows = (moment?.byStyle ?? []).filter(({ isolated }) => isolated.initial > 0);
  if (moment === undefined || rows.length === 0) return undefined;
  const height = 34 * rows.length + 8;
  const most = Math.max(
    ...rows.map(({ isolated, portfolio }) => Math.max(isolated.initial, portfolio.initial)),
  );
  const width = (value: number): number => (value / most) * (WIDTH - 180);
  const bars = rows.map(({ style, isolated, portfolio }, n) => {
    const y = 34 * n + 6;
    const share = savedShare(portfolio.initial, isolated.initial);
    const saved = `${percentText(Math.abs(share))} ${share < 0 ? 'more' : 'less'}`;
    return (
      label([72, y + 16], style, 'end') +
      bar([80, y], [width(isolated.initial), 11], 'c2', `${style} isolated ${shortText(isolated.initial)}`) +
      bar(
        [80, y + 12],
        [width(portfolio.initial), 11],
        'c0',
        `${style} portfolio ${shortText(portfolio.initial)}`,
      ) +
      label([86 + width(Math.max(isolated.initial, portfolio.initial)), y + 16], saved)
    );
  });
  return {
    title: 'Initial margin by style',
    note: `${NAMES[moment.name]}: every position, balance and debt alone, and the account as one portfolio`,
    svg: svgOf('Initial margin by style', bars.join(''), height),
    legend: legendOf([
      ['c2', 'isolated'],
      ['c0', 'portfolio'],
    ]),
  };
};

const STEPS = [
  ['scan', 'price netting'],
  ['basis', 'basis'],
  ['concentration', 'concentration'],
  ['venueCredit', 'venue credit'],
  ['coverage', 'liquidity'],
] as const;

/** From the maintenance margin of lines to that of portfolios, part by part; the parts add up. */
const waterfall = ({ efficiency }: RunFigures): Chart | undefined => {
  const moment: EfficiencyMoment | undefined =
    efficiency.find(({ name }) => name === 'worst') ?? efficiency[0];
  if (moment === undefined || moment.total.isolated.maintenance === 0) return undefined;
  const { portfolio, isolated } = moment.total;
  const most = Math.max(isolated.maintenance, portfolio.maintenance);
  const frame = frameOf({ x: [0, 7], y: [0, ceiling(most)], xText: () => '', yText: shortText });
  const wide = frame.x(0.76) - frame.x(0);
  const column = (n: number, from: number, to: number, colour: string, name: string): string => {
    const [high, low] = [frame.y(Math.max(from, to)), frame.y(Math.min(from, to))];
    const size = shortText(to - from);
    const text = `${name} ${to < from || from === 0 ? size : `+${size}`}`;
    return (
      bar([frame.x(n + 0.12), high], [wide, Math.max(1, low - high)], colour, text) +
      name
        .split(' ')
        .map((word, row) => label([frame.x(n + 0.5), HEIGHT - 20 + 13 * row], word, 'middle'))
        .join('') +
      label([frame.x(n + 0.5), Math.max(18, high - 4)], size, 'middle')
    );
  };
  let level = isolated.maintenance;
  const parts = STEPS.map(([part, name], n) => {
    const next = level + portfolio[part] - isolated[part];
    const drawn = column(n + 1, level, next, next > level ? 'c1' : 'c3', name);
    level = next;
    return drawn;
  });
  const ends = [
    column(0, 0, isolated.maintenance, 'c2', 'lines alone'),
    column(6, 0, portfolio.maintenance, 'c0', 'portfolios'),
  ];
  return {
    title: 'From isolated to portfolio margin',
    note: `maintenance margin of all accounts ${NAMES[moment.name]}, USD`,
    svg: svgOf('Maintenance margin, line by line to portfolio', frame.svg + parts.join('') + ends.join('')),
    legend: '',
  };
};
