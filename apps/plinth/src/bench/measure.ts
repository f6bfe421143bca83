/** Work done by one call, and its own time in milliseconds where the call's time holds more than the work. */
export type Work = number | Readonly<{ units: number; ms: number }>;

export type Subject = Readonly<{ name: string; run: () => Work | Promise<Work> }>;

/**
 * Units per second (or milliseconds, for latencies) over the rounds. `mad` is the median distance from the
 * median.
 */
export type Spread = Readonly<{ median: number; min: number; max: number; mad: number; rounds: number }>;

export type Pace = Readonly<{ warmUpMs: number; rounds: number; roundMs: number }>;

export const QUICK: Pace = { warmUpMs: 100, rounds: 3, roundMs: 100 };
export const USUAL: Pace = { warmUpMs: 500, rounds: 7, roundMs: 500 };

export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
};

export const spreadOf = (values: readonly number[]): Spread => {
  const median = quantile(values, 0.5);
  return {
    median,
    min: Math.min(...values),
    max: Math.max(...values),
    mad: quantile(
      values.map((value) => Math.abs(value - median)),
      0.5,
    ),
    rounds: values.length,
  };
};

/** Calls until the time is up, at least once; units per second of the time that counts. */
const round = async ({ run }: Subject, forMs: number): Promise<number> => {
  let units = 0;
  let ms = 0;
  do {
    const start = performance.now();
    const work = await run();
    const took = performance.now() - start;
    units += typeof work === 'number' ? work : work.units;
    ms += typeof work === 'number' ? took : work.ms;
  } while (ms < forMs);
  return (units * 1_000) / ms;
};

/**
 * Rates of several subjects in one run. Their rounds take turns, so that a disturbance of the machine meets
 * all of them alike; each is warmed up first.
 */
export const measureRates = async (subjects: readonly Subject[], pace: Pace): Promise<readonly Spread[]> => {
  for (const subject of subjects) await round(subject, pace.warmUpMs);
  const rates = subjects.map((): number[] => []);
  for (let n = 0; n < pace.rounds; n += 1) {
    for (const [i, subject] of subjects.entries()) rates[i]?.push(await round(subject, pace.roundMs));
  }
  return rates.map(spreadOf);
};

/** Milliseconds of each call: on the clock, and those that this thread itself was at work. */
export type Latencies = Readonly<{ wall: readonly number[]; own: readonly number[] }>;

const ownMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** Of `count` calls, after a tenth as many that are not counted. */
export const measureLatencies = async (
  run: (n: number) => void | Promise<void>,
  count: number,
): Promise<Latencies> => {
  const wall: number[] = [];
  const own: number[] = [];
  const warm = Math.ceil(count / 10);
  for (let n = 0; n < warm + count; n += 1) {
    const [start, ownStart] = [performance.now(), ownMs()];
    await run(n);
    if (n < warm) continue;
    wall.push(performance.now() - start);
    own.push(ownMs() - ownStart);
  }
  return { wall, own };
};
