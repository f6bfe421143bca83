import { numberText, pageHtml, percentText } from '@plinth/report';
import type { BacktestFigures } from '../run/figures.ts';
import { backtestCharts } from './backtest-charts.ts';
import { backtestTables } from './backtest-tables.ts';

/** The page of a backtest: a function of the figures alone. */
export const backtestHtml = (figures: BacktestFigures): string => {
  const { run, goals, dataSets, venues } = figures;
  const held = goals.filter(({ holds }) => holds).length;
  const house = figures.rows.find(
    ({ scope, style, model }) => scope === 'all' && style === 'all' && model === 'house',
  );
  const against = (model: string) =>
    figures.rows.find((row) => row.scope === 'all' && row.style === 'all' && row.model === model)
      ?.houseOver ?? NaN;
  const apart = venues.find(({ style, model }) => style === 'basis' && model === 'house by venue');
  return pageHtml({
    title: 'Plinth: backtest of the house model',
    subtitle:
      `${numberText(run.books)} books of ${numberText(dataSets.length)} data sets, losses over ` +
      `${numberText(run.horizonMs / 3_600_000)} h, parameters ${run.parameters}, seed ${run.seed}. ` +
      'Every book is margined with what was known at its moment, then left alone.',
    tiles: [
      { value: `${held} of ${goals.length}`, name: 'goals hold', isGood: held === goals.length },
      { value: `${numberText((house?.maintenance.share ?? NaN) * 100, 2)} %`, name: 'of all books covered' },
      {
        value: percentText(house?.maintenance.worstRelative ?? NaN),
        name: 'worst shortfall, of a book’s size',
      },
      { value: percentText(against('cross-simple')), name: 'of what flat rates ask' },
      { value: percentText(against('span-grid')), name: 'of what a grid by underlying asks' },
      { value: percentText(apart?.maintenance ?? NaN), name: 'of what venues apart ask of a hedge' },
    ],
    charts: backtestCharts(figures),
    tables: backtestTables(figures),
  });
};
