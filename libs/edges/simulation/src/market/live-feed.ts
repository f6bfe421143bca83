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
}>;

/** The calm market at its own pace; it goes on for a month unless said otherwise. */
export const calmProgram = (seed: number, sinceMs: number, ticks: number = ticksOf(CALM)): LiveProgram => ({
  ...{ scenario: 'calm', seed, ticks, tickMs: CALM.tickMs, sinceMs },
});

const MS_PER_HOUR = 3_600_000;

/** Both scenarios list the same instruments; contracts with an expiry belong to scenarios that end. */
export const liveFeed = ({ scenario, seed, ticks, sinceMs: startsAtMs }: LiveProgram): MadeMarket => {
  if (scenario === 'crash')
    return new MadeMarket({ ...stretched(CRASH, ticks), dated: undefined, startsAtMs }, seed);
  const phases = CALM.phases.map((phase) => ({ ...phase, hours: (ticks * CALM.tickMs) / MS_PER_HOUR }));
  return new MadeMarket({ ...CALM, dated: undefined, phases, startsAtMs }, seed);
};

/** The tick that a moment shows; the last one stays. */
export const tickAt = ({ sinceMs, tickMs, ticks }: LiveProgram, nowMs: number): number =>
  Math.min(ticks - 1, Math.max(0, Math.floor((nowMs - sinceMs) / tickMs)));
