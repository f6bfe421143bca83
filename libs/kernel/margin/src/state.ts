import { EQUITY, INITIAL, MAINTENANCE } from './figures.ts';
import type { RiskParameters } from './parameters.ts';
import { ACCOUNT_STATES, type AccountState } from './types.ts';

/** Severity of a state: its place in `ACCOUNT_STATES`, 0 = healthy. */
export type Severity = 0 | 1 | 2 | 3 | 4;

export const severityOf = (state: AccountState): Severity => ACCOUNT_STATES.indexOf(state) as Severity;
export const stateOf = (severity: number): AccountState => ACCOUNT_STATES[severity]!;

/** Equity below this is at least this severe: index 1 restricted … 4 insolvent (finance §6.5). */
export const thresholdOf = (
  figures: Float64Array,
  at: number,
  severity: number,
  p: RiskParameters,
): number => {
  switch (severity as Severity) {
    case 0:
      return Infinity;
    case 1:
      return figures[at + INITIAL]!;
    case 2:
      return p.states.callRatio * figures[at + MAINTENANCE]!;
    case 3:
      return figures[at + MAINTENANCE]!;
    case 4:
      return 0;
  }
};

/** The worst state whose threshold equity is below, without memory. */
export const severityNow = (figures: Float64Array, at: number, p: RiskParameters): Severity => {
  const equity = figures[at + EQUITY]!;
  for (let severity = 4; severity > 0; severity--)
    if (equity < thresholdOf(figures, at, severity, p)) return severity as Severity;
  return 0;
};

/**
 * The state after a valuation. A state worsens at once; it improves only past each threshold that it crosses
 * by `hysteresis` of it, so that a price trembling at a threshold does not make a stream of changes.
 */
export const nextSeverity = (
  previous: Severity,
  figures: Float64Array,
  at: number,
  p: RiskParameters,
): Severity => {
  const now = severityNow(figures, at, p);
  if (now >= previous) return now;
  const equity = figures[at + EQUITY]!;
  for (let severity = previous; severity > now; severity--)
    if (equity < thresholdOf(figures, at, severity, p) * (1 + p.states.hysteresis)) return severity;
  return now;
};
