import { numberText, pageHtml, percentText, shortText, timeText, type Tile } from '@plinth/report';
import { chartsOf } from './charts.ts';
import type { RunFigures } from './figures.ts';
import { isSound, reportTables, savedShare } from './report-tables.ts';

/** The page of a run: a function of the figures alone. */
export const reportHtml = (figures: RunFigures): string =>
  pageHtml({
    title: `Plinth: ${figures.run.name}`,
    subtitle: subtitle(figures),
    tiles: tilesOf(figures),
    charts: chartsOf(figures),
    tables: reportTables(figures),
  });

const subtitle = ({ run, accounts, events }: RunFigures): string => {
  const count = accounts.reduce((sum, { accounts: n }) => sum + n, 0);
  const sources =
    run.sources.length === 0 ? '' : ` Calibrated to or recorded from: ${run.sources.join('; ')}.`;
  return (
    `${numberText(count)} accounts, ${timeText(run.startMs)} to ${timeText(run.endMs)} UTC in ` +
    `${numberText(run.rounds)} rounds of marks, ${numberText(events.total)} events, ` +
    `seed ${run.seed}.${sources}`
  );
};

const tilesOf = (figures: RunFigures): readonly Tile[] => {
  const { calls, liquidations, invariants, proof, efficiency, ledger } = figures;
  const sound = isSound(figures);
  const proved = proof.checks.length > 0 && proof.checks.every(({ ok }) => ok);
  const conserved = ledger.every(({ sum }) => sum === '0');
  const total = efficiency[0]?.total;
  const saved = total === undefined ? 0 : savedShare(total.portfolio.initial, total.isolated.initial);
  return [
    { value: sound ? 'sound' : 'not sound', name: 'this run', isGood: sound },
    {
      value: numberText(invariants.breaches),
      name: `breaches of ${numberText(invariants.checked.length)} invariants`,
      isGood: invariants.breaches === 0,
    },
    { value: conserved ? 'zero' : 'not zero', name: 'sum of the ledger in every asset', isGood: conserved },
    { value: proved ? 'proved' : 'not proved', name: 'the log, by its Merkle tree', isGood: proved },
    {
      value: percentText(Math.abs(saved)),
      name: `${saved < 0 ? 'more' : 'less'} initial margin than line by line`,
    },
    { value: numberText(calls.made), name: `margin calls, ${numberText(calls.cured)} cured` },
    { value: numberText(liquidations.rows.length), name: 'liquidations' },
    {
      value: `${shortText(Number(liquidations.badDebt))} USD`,
      name: `bad debt; the fund paid ${shortText(Number(liquidations.fundPaid))}`,
    },
  ];
};
