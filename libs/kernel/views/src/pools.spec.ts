import { describe, expect, it } from '@jest/globals';
import { expectRestores } from '@plinth/eventing/testing';
import { PoolsView } from './pools.ts';
import { entriesOf, event, expectEveryFieldToTell, folded } from './testing/fold-events.ts';
import { rateCurve } from '@plinth/messages';

const curve = rateCurve({ kind: 'kinked', base: '0.01', slope1: '0.06', slope2: '1', kink: '0.85' });
const opened = event('PoolOpened', { asset: 'USD', curve, reserveFactor: '0.1', settleEveryMs: 3_600_000 });
const steeper = event('RateCurveSet', {
  asset: 'USD',
  curve: { ...curve, slope2: '3' },
  reserveFactor: '0.2',
});
const accrued = event('PoolAccrued', {
  asset: 'USD',
  atMs: 1_000,
  utilisation: '0.5',
  borrowRate: '0.04',
  supplyRate: '0.02',
  borrowIndex: '1.1',
  supplyIndex: '1.05',
  totalDebt: '50',
  totalSupplied: '100',
  settlementId: 'USD.0',
  cash: '40',
  reserve: '3',
  rateAtTarget: '',
});
const make = (): PoolsView => new PoolsView();

describe('PoolsView', () => {
  it('has the indices at one before a pool has accrued, then as accrued', () => {
    const view = folded(make(), [opened]);
    expect([view.borrowIndex('USD'), view.supplyIndex('USD')]).toEqual(['1', '1']);
    view.apply(accrued);
    expect([view.borrowIndex('USD'), view.supplyIndex('USD')]).toEqual(['1.1', '1.05']);
    expect(view.borrowIndex('BTC')).toBe('1');
  });

  it('changes the curve of an open pool, and keeps how often it settles', () => {
    const view = folded(make(), [opened, steeper]);
    expect(view.opened.get('USD')).toMatchObject({ reserveFactor: '0.2', settleEveryMs: 3_600_000 });
    expect(view.opened.get('USD')?.curve?.slope2).toBe('3');
    expect(() => folded(make(), [steeper])).toThrow('Expected an open pool, was USD');
  });

  it('tells every field', () => {
    expectEveryFieldToTell(make, [opened]);
    expectEveryFieldToTell(make, [opened, steeper]);
    expectEveryFieldToTell(make, [opened, accrued]);
  });

  it('goes on from what it dumped', () => {
    expectRestores(
      () => ({ view: make() }),
      [opened, accrued, steeper],
      ({ view }) => [view.borrowIndex('USD'), view.supplyIndex('USD')],
    );
  });

  it('goes back to nothing', () => {
    const view = folded(make(), [opened, accrued]);
    view.reset();
    expect(entriesOf(view)).toEqual([]);
  });
});
