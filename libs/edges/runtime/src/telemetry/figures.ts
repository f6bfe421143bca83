import type { Figure, FigureRow } from '@plinth/eventing';
import { declare, gauge, observedCounter, type Instrument } from './meter.ts';

type AnyFigure = Figure<never>;

const rowOf =
  ({ labels }: AnyFigure) =>
  ([value, ...values]: FigureRow): readonly [number, Readonly<Record<string, string>>] => [
    value,
    Object.fromEntries(labels.map((label, n) => [label, values[n] ?? ''])),
  ];

/** Enters the figures of a service into the catalogue without a service that runs. */
export const declareFigures = (figures: readonly AnyFigure[] = []): readonly Instrument[] =>
  figures.map(({ name, kind, about, labels }) => declare({ name, kind, about, labels }));

/** Lets the figures of a running service be read; what comes back ends it. */
export const observeFigures = (
  figures: readonly AnyFigure[] = [],
  views: unknown,
  now: () => number,
): (() => void) => {
  const stops = figures.map((figure) => {
    const { name, about, labels, kind } = figure;
    const observe =
      kind === 'gauge' ? gauge({ name, about, labels }) : observedCounter({ name, about, labels });
    const toRow = rowOf(figure);
    return observe(function* () {
      for (const row of figure.read(views as never, now())) yield toRow(row);
    });
  });
  return () => {
    for (const stop of stops) stop();
  };
};
