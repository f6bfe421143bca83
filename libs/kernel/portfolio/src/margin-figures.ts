import type { MarginFigures } from '@plinth/messages';
import { RECORDED_DIGITS, floatToText } from '@plinth/money';

/** Rounded to 1e-8 against the account: what it has down, what is required of it up. */
export const equityText = (usd: number): string => floatToText(usd, RECORDED_DIGITS, 'floor');
export const requirementText = (usd: number): string => floatToText(usd, RECORDED_DIGITS, 'ceil');

/** What the figures include: the last event, the round of marks, the parameters. */
export type FiguresStamp = Readonly<{ asOf: bigint; marksRound: number; parametersVersion: number }>;

type Numbers = Readonly<{
  equity: number;
  initialMargin: number;
  maintenanceMargin: number;
  bindingScenario: number;
}>;

/** The figures as they are written into events. */
export const marginFigures = (numbers: Numbers, stamp: FiguresStamp): MarginFigures => ({
  equity: equityText(numbers.equity),
  initialMargin: requirementText(numbers.initialMargin),
  maintenanceMargin: requirementText(numbers.maintenanceMargin),
  bindingScenario: numbers.bindingScenario,
  ...stamp,
});
