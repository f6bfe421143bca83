import {
  bar,
  ceiling,
  dot,
  frameOf,
  HEIGHT,
  label,
  legendOf,
  line,
  numberText,
  percentText,
  svgOf,
  WIDTH,
  type Chart,
} from '@plinth/report';
import { PARTS } from '../models/house.ts';
import type { BacktestFigures, CoverageRow } from '../run/figures.ts';
import { VENUE_GOAL } from '../run/goals.ts';

export const backtestCharts = (figures: BacktestFigures): readonly Chart[] => [
  coverageChart(figures),
  frontierChart(figures),
  requirementChart(figures),
  venuesChart(figures),
  partsChart(figures),
];

const allData = ({ rows }: BacktestFigures, model: string): readonly CoverageRow[] =>
  rows.filter((row) => row.scope === 'all' && row.model === model && row.style !== 'all');

/** Styles below a chart, each at the middle of its column. */
const styleLabels = (styles: readonly string[], x: (value: number) => number): string =>
  styles.map((style, n) => label([x(n + 0.5), HEIGHT - 20], style, 'middle')).join('');

const noText = (): string => '';

const coverageChart = (figures: BacktestFigures): Chart => {
  const rows = allData(figures, 'house');
  const { goal } = figures.run;
  const lowest = Math.min(goal, ...rows.map(({ maintenance }) => maintenance.interval.low));
  const low = Math.floor(lowest * 200) / 200;
  const frame = frameOf({
    x: [0, Math.max(1, rows.length)],
    y: [low, 1],
    xText: noText,
    yText: (share) => `${numberText(share * 100, 1)} %`,
  });
  const marks = rows.map(({ style, maintenance: { share, interval, books } }, n) => {
    const x = frame.x(n + 0.5);
    const text = `${style}: ${numberText(share * 100, 2)} % of ${numberText(books)} books`;
    const range = line(
      [
        [x, frame.y(interval.low)],
        [x, frame.y(interval.high)],
      ],
      0,
      text,
    );
    return range + dot([x, frame.y(share)], 5, share >= goal ? 'c0' : 'c1', text);
  });
  const wanted = line(
    [
      [frame.x(0), frame.y(goal)],
      [frame.x(rows.length), frame.y(goal)],
    ],
    3,
    'goal',
  );
  return {
    title: 'Books covered at maintenance margin',
    note: 'the house, all data; intervals of 95 %',
    svg: svgOf(
      'Covered books by style',
      frame.svg +
        wanted +
        marks.join('') +
        styleLabels(
          rows.map(({ style }) => style),
          frame.x,
        ),
    ),
    legend: legendOf([
      ['c0', 'at or above the goal'],
      ['c1', 'below'],
      ['c3', `goal ${percentText(goal)}`],
    ]),
  };
};

/** Cheap and safe stand on the left at the top. */
const frontierChart = ({ rows }: BacktestFigures): Chart => {
  const models = rows.filter(({ scope, style }) => scope === 'all' && style === 'all');
  const shares = models.map(({ maintenance }) => maintenance.share);
  const top = ceiling(Math.max(0.01, ...models.map(({ maintenance }) => maintenance.requirement)));
  const frame = frameOf({
    x: [0, top],
    y: [Math.floor(Math.min(0.99, ...shares) * 20) / 20, 1],
    xStep: top / 4,
    xText: percentText,
    yText: percentText,
  });
  const dots = models.map(({ model, maintenance: { requirement, share } }) => {
    const [x, y] = [frame.x(requirement), frame.y(share)];
    const covers = numberText(share * 100, 2);
    const text = `${model}: asks ${percentText(requirement)} of the size, covers ${covers} %`;
    const isRight = x > WIDTH * 0.75;
    return (
      dot([x, y], 5, model === 'house' ? 'c0' : 'c2', text) +
      label([isRight ? x - 8 : x + 8, y + 4], model, isRight ? 'end' : 'start')
    );
  });
  return {
    title: 'Requirement and safety',
    note: 'average maintenance margin, of the size, against the share of books covered; all it margins',
    svg: svgOf('Requirement against covered share by model', frame.svg + dots.join('')),
    legend: '',
  };
};

const COMPARED = [
  ['cross-simple', 'c2'],
  ['span-grid', 'c1'],
  ['house', 'c0'],
] as const;

const requirementChart = (figures: BacktestFigures): Chart => {
  const styles = allData(figures, 'house').map(({ style }) => style);
  const asked = COMPARED.map(([model]) => allData(figures, model));
  const most = Math.max(0.01, ...asked.flat().map(({ maintenance }) => maintenance.requirement));
  const frame = frameOf({
    x: [0, Math.max(1, styles.length)],
    y: [0, ceiling(most)],
    xText: noText,
    yText: percentText,
  });
  const width = frame.x(0.26) - frame.x(0);
  const bars = COMPARED.flatMap(([model, colour], m) =>
    styles.map((style, n) => {
      const row = asked[m]?.find((one) => one.style === style);
      const value = row?.maintenance.requirement ?? 0;
      const y = frame.y(value);
      return bar(
        [frame.x(n + 0.1 + 0.27 * m), y],
        [width, frame.y(0) - y],
        colour,
        `${style}, ${model}: ${percentText(value)}`,
      );
    }),
  );
  return {
    title: 'Requirement by style',
    note: 'average maintenance margin, of the size',
    svg: svgOf('Requirement by style', frame.svg + bars.join('') + styleLabels(styles, frame.x)),
    legend: legendOf(COMPARED.map(([model, colour]) => [colour, model])),
  };
};

const ROW = 22;

const venuesChart = ({ venues }: BacktestFigures): Chart => {
  const rows = venues.filter(({ style }) => style === 'basis');
  const most = Math.max(1, ...rows.map(({ maintenance }) => maintenance));
  const width = (value: number): number => (value / most) * (WIDTH - 190);
  const bars = rows.map(({ model, maintenance, directional }, n) => {
    const y = ROW * n + 6;
    const text = `${model}: ${percentText(maintenance)}; covers ${percentText(directional)} of one-sided`;
    return (
      label([112, y + 12], model, 'end') +
      bar([120, y], [width(maintenance), 14], maintenance <= VENUE_GOAL ? 'c0' : 'c2', text) +
      label([126 + width(maintenance), y + 12], percentText(maintenance))
    );
  });
  const height = ROW * rows.length + 12;
  const goal = 120 + width(VENUE_GOAL);
  return {
    title: 'One coin across venues: what the house asks of what the venues would ask',
    note: 'maintenance margin, if all venues had that model',
    svg: svgOf(
      'House over venues by model',
      bars.join('') +
        line(
          [
            [goal, 0],
            [goal, height],
          ],
          3,
          'goal',
        ),
      height,
    ),
    legend: legendOf([['c3', `goal ${percentText(VENUE_GOAL)}`]]),
  };
};

const partsChart = ({ parts }: BacktestFigures): Chart => {
  const most = Math.max(0.01, ...parts.map(({ requirement }) => requirement));
  const frame = frameOf({
    x: [0, Math.max(1, parts.length)],
    y: [0, ceiling(most)],
    xText: noText,
    yText: percentText,
  });
  const width = frame.x(0.6) - frame.x(0);
  const bars = parts.flatMap(({ style, parts: own }, n) => {
    let below = 0;
    return PARTS.map((part, colour) => {
      const [from, to] = [frame.y(below), frame.y(below + own[part])];
      below += own[part];
      return bar(
        [frame.x(n + 0.2), to],
        [width, from - to],
        `c${colour}`,
        `${style}, ${part}: ${percentText(own[part])}`,
      );
    });
  });
  return {
    title: 'What the house’s requirement is made of',
    note: 'average maintenance margin, of the size',
    svg: svgOf(
      'Parts of the requirement by style',
      frame.svg +
        bars.join('') +
        styleLabels(
          parts.map(({ style }) => style),
          frame.x,
        ),
    ),
    legend: legendOf(PARTS.map((part, colour) => [`c${colour}`, part])),
  };
};
