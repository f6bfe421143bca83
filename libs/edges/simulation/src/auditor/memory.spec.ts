import { describe, expect, it } from '@jest/globals';
import { Auditor, type AuditReport } from './auditor.ts';
import { EntrySums } from './entry-sums.ts';
import { RecentMap, type AuditLimits } from './memory.ts';
import { CASES } from './testing/cases.ts';
import { longLog } from './testing/long-log.ts';
import { envelopesOf, planted, type Planted } from './testing/planted-log.ts';

const SMALL: AuditLimits = { live: 24, recent: 12 };

const judged = (events: readonly Planted[], limits = SMALL): AuditReport => {
  const auditor = new Auditor(limits);
  for (const event of envelopesOf(events)) auditor.apply(event);
  return auditor.finish();
};

const invariantsOf = ({ found }: AuditReport): readonly string[] => found.map(({ invariant }) => invariant);

const entriesOf = ({ kept }: AuditReport): number => kept.reduce((sum, { entries }) => sum + entries, 0);

/** The same events after others: places in the log that they name move with them. */
const after = (before: readonly Planted[], events: readonly Planted[]): readonly Planted[] => {
  const by = BigInt(before.length);
  const moved = events.map(({ type, data, place }): Planted => {
    const { throughPosition } = data as { throughPosition?: bigint };
    return {
      type,
      data:
        throughPosition === undefined ? data : { ...(data as object), throughPosition: throughPosition + by },
      place: place.position === undefined ? place : { ...place, position: place.position + by },
    };
  });
  return [...before, ...moved];
};

const LONG = longLog(30);

describe('What the auditor remembers', () => {
  it('has a limit, and does not grow with the log', () => {
    const [once, long, longer] = [longLog(1), LONG, longLog(90)].map((events) => judged(events));
    for (const report of [long, longer]) {
      expect(report?.found).toEqual([]);
      expect(report?.unjudged).toBe(0);
      for (const { entries, limit } of report?.kept ?? []) expect(entries).toBeLessThanOrEqual(limit);
    }
    const [few, many, more] = [once, long, longer].map((report) => entriesOf(report as AuditReport));
    expect(many).toBeGreaterThan(few ?? 0);
    // Room is made by the sixteenth part: the level swings by that much.
    expect(Math.abs((more ?? 0) - (many ?? 0))).toBeLessThanOrEqual((SMALL.live + 5 * SMALL.recent) / 16);
  });

  it('says what it has forgotten: the oldest streams and instruments, and of what is over', () => {
    const forgotten = judged(LONG).kept.filter((one) => one.forgotten > 0);
    const over = ['closed orders', 'event ids', 'reported fills', 'settled contracts', 'settlements'];
    expect(forgotten.map(({ what }) => what).sort()).toEqual([...over, 'instruments', 'streams'].sort());
    const roomy = judged(LONG, { live: 10_000, recent: 10_000 });
    expect(roomy.kept.filter((one) => one.forgotten > 0)).toEqual([]);
  });

  it.each(CASES)('is enough to find $what after a long log', ({ invariant, faulty }) => {
    expect(invariantsOf(judged(after(LONG, faulty)))).toContain(invariant);
  });

  it.each(CASES)('is enough to find nothing where there is none: $what, put right', ({ sound }) => {
    const report = judged(after(LONG, sound));
    expect([report.found, report.unjudged]).toEqual([[], 0]);
  });

  it('is not needed to find what happens to an order long after its end', () => {
    const fill = { venueId: 'day-v', fillId: 'late', orderId: 'day-o0', quantity: '1' };
    for (const late of [planted('OrderClosed', { orderId: 'day-o0' }), planted('ChildFilled', fill)])
      expect(invariantsOf(judged([...LONG, late]))).toContain(
        'an order is closed once and gets no fill afterwards',
      );
    expect(
      invariantsOf(judged([...LONG, planted('OrderRouted', { orderId: 'day-o0', children: [] })])),
    ).toEqual(['no order is routed without an approval, unless it belongs to a liquidation']);
  });
});

const of = <T>(count: number, make: (n: number) => readonly T[]): readonly T[] =>
  Array.from({ length: count }, (_, n) => make(n)).flat();

describe('More under way than the auditor can remember', () => {
  const order = (n: number): readonly Planted[] => [
    planted('OrderPlaced', { orderId: `o${n}`, quantity: '1', liquidationId: 'l1' }),
  ];
  const filled = (n: number, quantity = '1'): readonly Planted[] => {
    const fill = { orderId: `o${n}`, venueId: 'v', fillId: `f${n}`, quantity };
    return [
      planted('ChildFilled', fill),
      planted('FillBooked', { ...fill, positionQuantity: '', postings: [] }),
    ];
  };

  it('is no breach, and is counted', () => {
    const events = [...of(100, order), ...of(100, (n) => filled(n))];
    const report = judged(events);
    expect(report.found).toEqual([]);
    expect(report.unjudged).toBeGreaterThanOrEqual(100 - SMALL.live);
    expect(report.kept).toContainEqual({ what: 'open orders', entries: 24, limit: 24, forgotten: 76 });
  });

  it('leaves the latest judged', () => {
    const events = [...of(100, order), ...filled(99, '1.1')];
    expect(invariantsOf(judged(events))).toEqual(['the fills of an order never exceed its quantity']);
  });

  const post = (account: string, amount: string) => ({ account, asset: 'USD', amount });
  const moved = (n: number, amount: string): readonly Planted[] => {
    const opposite = amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
    const postings = [post('outside:USD', opposite), post(`client:a${n}:USD:vault:bank`, amount)];
    return [planted('DepositCredited', { accountId: `a${n}`, postings })];
  };

  it('makes no balance negative that is not', () => {
    const report = judged([...of(100, (n) => moved(n, '5')), ...of(100, (n) => moved(n, '-3'))]);
    expect(report.found).toEqual([]);
    // Those that came when there was no room for them, and those that made room for others.
    expect(report.unjudged).toBeGreaterThanOrEqual(100 - SMALL.live);
  });

  it('leaves a balance judged that it knows', () => {
    const last = [...of(25, (n) => moved(n, '5')), ...moved(24, '-6'), planted('TimerFired', {})];
    expect(invariantsOf(judged(last))).toEqual([
      'no client balance is below zero once the reaction to its cause is complete',
    ]);
  });

  it('takes the version of a stream at its word that was not written to for long', () => {
    const on = (stream: string, version: number) => planted('TimerFired', {}, { stream, version });
    const others = of(100, (n) => [on(`s-${n}`, 1)]);
    const returned = judged([on('s-old', 1), ...others, on('s-old', 7)]);
    expect([returned.found, returned.unjudged]).toEqual([[], 1]);
    expect(invariantsOf(judged([...others, on('s-99', 3)]))).toEqual([
      'versions of every stream are 1, 2, 3 … without a gap',
    ]);
  });

  it('still finds an id again that is among the latest', () => {
    const ids = of(100, (n) => [planted('TimerFired', {}, { id: `once-${n}` })]);
    const again = (n: number) => judged([...ids, planted('TimerFired', {}, { id: `once-${n}` })]);
    expect(invariantsOf(again(95))).toEqual(['every event id occurs once']);
    // The log's own constraint answers for the ones before.
    expect(again(0).found).toEqual([]);
  });
});

describe('A map with a limit', () => {
  it('forgets what was set longest ago, counts it, and knows what was only deleted', () => {
    const map = new RecentMap<number>('things', 3);
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    map.set('a', 2);
    map.delete('c');
    map.set('d', 1);
    expect(map.isWhole).toBe(true);
    map.set('e', 1);
    expect([...map.entries()]).toEqual([
      ['a', 2],
      ['d', 1],
      ['e', 1],
    ]);
    expect([map.isWhole, map.kept]).toEqual([false, { what: 'things', entries: 3, limit: 3, forgotten: 1 }]);
  });
});

describe('Sums of entries with a limit', () => {
  const filled = (max: number, count: number): EntrySums => {
    const sums = new EntrySums(max);
    for (let n = 1; n <= count; n += 1) sums.add(BigInt(n), BigInt(n));
    return sums;
  };

  it('take exactly what came up to a position', () => {
    const sums = filled(100, 10);
    expect(sums.takeUpTo(4n)).toEqual({ units: 10n, isWhole: true });
    expect(sums.takeUpTo(4n)).toEqual({ units: 0n, isWhole: true });
    expect(sums.takeUpTo(10n)).toEqual({ units: 45n, isWhole: true });
  });

  it('stay small, and exact unless what was added up is split', () => {
    const sums = filled(8, 100);
    expect(sums.size).toBeLessThanOrEqual(8);
    expect(sums.takeUpTo(98n)).toEqual({ units: 4851n, isWhole: true });
    const split = filled(8, 100);
    expect(split.takeUpTo(50n).isWhole).toBe(false);
    // What was too much then is too little now.
    expect(split.takeUpTo(98n).isWhole).toBe(false);
    expect(split.takeUpTo(100n)).toEqual({ units: 199n, isWhole: true });
  });
});
