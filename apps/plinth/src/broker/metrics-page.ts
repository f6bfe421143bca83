import { declareFigures, instrumentCatalogue } from '@plinth/runtime';
import '@plinth/runtime/relay';
import '@plinth/gateway';
import { brokerServices, CELL } from './services.ts';
import './gate-keeper.ts';
import './watch-invariants.ts';

const ROOMS = /^plinth_([a-z]+)_/;

/** Every instrument of every process, as a page; the checks of dashboards and rules read it too. */
export const metricsPage = (): string => {
  for (const { figures } of brokerServices({ cell: CELL, adapters: new Map() })) declareFigures(figures);
  const instruments = [...instrumentCatalogue()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rooms = [...new Set(instruments.map(({ name }) => ROOMS.exec(name)?.[1] ?? ''))];
  const lines = [
    '# Metrics',
    '',
    'Made by `npm run metrics:generate` from the instruments that the code declares. A process shows',
    'them at `PLINTH_METRICS_PORT` (Prometheus, under `/metrics`) and sends them to',
    '`OTEL_EXPORTER_OTLP_ENDPOINT`, under the same names; without either nothing is measured. Figures of',
    'folds are the same on every replica: join them with `max`, never with `sum`. A broker of several',
    'cells in one process adds the label `cell` to whatever is read of one of them.',
  ];
  for (const room of rooms) {
    lines.push('', `## ${room}`, '', '| Name | Kind | Labels | What |', '| --- | --- | --- | --- |');
    for (const { name, kind, labels, about } of instruments) {
      if (ROOMS.exec(name)?.[1] !== room) continue;
      const names = labels.map((label) => `\`${label}\``).join(', ');
      lines.push(`| \`${name}\` | ${kind} | ${names} | ${about} |`);
    }
  }
  return `${lines.join('\n')}\n`;
};
