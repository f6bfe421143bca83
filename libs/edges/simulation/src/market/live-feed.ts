import { MadeMarket } from './made-market.ts';
import { CALM, CRASH, stretched, ticksOf } from './scenario.ts';

/** A made market that is played in real time: all that its prices depend on. */
export type LiveProgram = Readonly<{
  scenario: 'calm' | 'crash';
  seed: number;
  ticks: number;
  /** Real time per tick. */
  tickMs: number;
  sinceMs: number;
  /** When options, futures and products with an expiry were listed; 0 when none were. */
  datedSinceMs: number;
}>;

/** The calm market at its own pace; it goes on for a month unless said otherwise. */
export const calmProgram = (
  seed: number,
  sinceMs: number,
  datedSinceMs: number,
  ticks: number = ticksOf(CALM),
): LiveProgram => ({
  ...{ scenario: 'calm', seed, ticks, tickMs: CALM.tickMs, sinceMs, datedSinceMs },
});

const MS_PER_HOUR = 3_600_000;

/**
 * Both scenarios list the same instruments and quote the same contracts until these expire, by the clock on
 * the wall: a crash of days that is shown in minutes brings no expiry nearer than those minutes.
 */
export const liveFeed = (program: LiveProgram): MadeMarket => {
  const { scenario, seed, ticks, tickMs: paceMs, sinceMs: startsAtMs, datedSinceMs } = program;
  const dated = datedSinceMs === 0 ? undefined : CALM.dated;
  const live = { dated, startsAtMs, listedAtMs: datedSinceMs, paceMs };
  if (scenario === 'crash') return new MadeMarket({ ...stretched(CRASH, ticks), ...live }, seed);
  const phases = CALM.phases.map((phase) => ({ ...phase, hours: (ticks * CALM.tickMs) / MS_PER_HOUR }));
  return new MadeMarket({ ...CALM, ...live, phases }, seed);
};

/** The tick that a moment shows; the last one stays. */
export const tickAt = ({ sinceMs, tickMs, ticks }: LiveProgram, nowMs: number): number =>
  Math.min(ticks - 1, Math.max(0, Math.floor((nowMs - sinceMs) / tickMs)));
