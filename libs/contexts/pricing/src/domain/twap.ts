import { divideUnits } from '@plinth/money';

/** Σ price · milliseconds of one minute in which a usable mark stood. */
export type TwapMinute = Readonly<{ minute: number; integral: bigint; durationMs: number }>;

/** The last hour in minutes, oldest first; minutes without a usable mark are missing. */
export type TwapWindow = readonly TwapMinute[];

const MINUTE_MS = 60_000;
const WINDOW_MINUTES = 60;

const minuteOf = (atMs: number): number => Math.floor(atMs / MINUTE_MS);

/** The mark stood at `price` from `fromMs` to `toMs`. Minutes that left the window are dropped. */
export const holdPrice = (window: TwapWindow, price: bigint, fromMs: number, toMs: number): TwapWindow => {
  const oldest = minuteOf(toMs) - WINDOW_MINUTES + 1;
  const next = window.filter(({ minute }) => minute >= oldest);
  for (let from = Math.max(fromMs, oldest * MINUTE_MS); from < toMs;) {
    const minute = minuteOf(from);
    const until = Math.min((minute + 1) * MINUTE_MS, toMs);
    const last = next.at(-1);
    const held =
      last?.minute === minute ? (next.pop() as TwapMinute) : { minute, integral: 0n, durationMs: 0 };
    next.push({
      minute,
      integral: held.integral + price * BigInt(until - from),
      durationMs: held.durationMs + until - from,
    });
    from = until;
  }
  return next;
};

/**
 * Time-weighted average of the last 59 to 60 minutes, to the nearest unit; undefined when no usable mark
 * stood in them. The present price has stood for no time yet and has no weight.
 */
export const averageOf = (window: TwapWindow): bigint | undefined => {
  let integral = 0n;
  let durationMs = 0;
  for (const minute of window) {
    integral += minute.integral;
    durationMs += minute.durationMs;
  }
  return durationMs === 0 ? undefined : divideUnits(integral, BigInt(durationMs), 'half-even').quotient;
};
