import { describe, expect, it } from '@jest/globals';
import { Auditor } from './auditor.ts';
import { CASES } from './testing/cases.ts';
import { audited, broken, envelopesOf, planted } from './testing/planted-log.ts';

describe('The auditor', () => {
  it.each(CASES)('finds $what', ({ invariant, faulty }) => {
    expect(broken(faulty)).toContain(invariant);
  });

  it.each(CASES)('finds nothing where there is none: $what, put right', ({ sound }) => {
    expect(audited(sound).found).toEqual([]);
  });

  it('has every invariant broken here once', () => {
    const names = new Set(CASES.map(({ invariant }) => invariant));
    expect([...new Auditor().finish().invariants].filter((name) => !names.has(name))).toEqual([]);
  });

  it('tells what is under way at any moment, without counting it', () => {
    const fill = { venueId: 'v', fillId: 'f', orderId: 'o', quantity: '1' };
    const [placed, filled, booked] = envelopesOf([
      planted('OrderPlaced', { orderId: 'o', quantity: '1', liquidationId: 'l' }),
      planted('ChildFilled', fill),
      planted('FillBooked', { ...fill, accountId: 'a', instrumentId: 'i', positionQuantity: '' }),
    ]);
    const auditor = new Auditor();
    for (const event of [placed, filled]) if (event !== undefined) auditor.apply(event);
    expect(auditor.unfinished()).toMatchObject([{ position: 0n, detail: 'v f' }]);
    expect(auditor.unfinished()).toHaveLength(1);
    if (booked !== undefined) auditor.apply(booked);
    expect(auditor.unfinished()).toEqual([]);
    expect(auditor.breaches).toBe(0);
  });

  it('names the position, counts everything, keeps the first thousand', () => {
    const events = Array.from({ length: 1_200 }, () =>
      planted('TimerFired', { service: 'x', dueAtMs: 1 }, { actor: '' }),
    );
    const report = audited(events);
    expect(report.events).toBe(1_200);
    expect(report.breaches).toBe(1_200);
    expect(report.found).toHaveLength(1_000);
    expect(report.found[0]).toMatchObject({ position: 1n, detail: 'TimerFired' });
  });
});
