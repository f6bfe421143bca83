import { describe, expect, it } from '@jest/globals';
import { deciderSpec } from '@plinth/eventing/testing';
import type { EventData } from '@plinth/messages';
import { liquidationDecider, type LiquidationCommand } from './liquidation.ts';

const ids = { liquidationId: 'l', accountId: 'a' };
const start: LiquidationCommand = {
  kind: 'start',
  data: { ...ids, cause: 'gap', equity: '1', maintenanceMargin: '2', openOrders: [], marksRound: 1 },
};
const leg = {
  ...{ instrumentId: 'X', venueId: 'v', side: 'sell', quantity: '1', limitPrice: '1', relief: '1' },
  ...{ expectedCost: '1', kind: 'close' },
};
const reduce = (step: number, legs = [leg]): LiquidationCommand => ({
  kind: 'reduce',
  data: {
    ...{ ...ids, step, legs, equityBefore: '1', maintenanceBefore: '2', targetBuffer: '1', marksRound: 1 },
    ...{ policy: 'p', equityExpected: '1', maintenanceExpected: '1' },
  },
});
const complete: LiquidationCommand = {
  kind: 'complete',
  data: { ...ids, outcome: 'restored' } as EventData<'LiquidationCompleted'>,
};
const done = (step: number): LiquidationCommand => ({
  kind: 'complete-step',
  data: {
    ...ids,
    step,
    equityAfter: '1',
    maintenanceAfter: '1',
    reducedNotional: '1',
    slippage: '0',
    fees: '0',
  },
});
const declare: LiquidationCommand = { kind: 'declare', shortfalls: [{ asset: 'USD', amount: '1' }] };

describe('the order of a liquidation', () => {
  const spec = deciderSpec(liquidationDecider);
  const started = spec.when(start).events();
  const reducing = [...started, ...spec.given(started).when(reduce(1)).events()];
  const stepped = [...reducing, ...spec.given(reducing).when(done(1)).events()];
  const paused = [...stepped, ...spec.given(stepped).when({ kind: 'pause', reason: 'R' }).events()];

  it('starts once', () => {
    spec.given(started).when(start).thenNothing();
    spec.when(complete).thenNothing();
  });

  it('orders one step at a time, in their order, and never an empty one', () => {
    spec.given(started).when(reduce(2)).thenNothing();
    spec.given(started).when(reduce(1, [])).thenNothing();
    spec.given(reducing).when(reduce(2)).thenNothing();
    spec.given(reducing).when(done(2)).thenNothing();
    spec.given(stepped).when(done(1)).thenNothing();
  });

  it('asks for the next step only where there may be one', () => {
    let asked = 0;
    const next: LiquidationCommand = {
      kind: 'next',
      step: () => {
        asked += 1;
        return { kind: 'pause', reason: 'R' };
      },
    };
    spec.given(reducing).when(next).thenNothing();
    spec
      .given(started)
      .when({ ...next, seen: 1 })
      .thenNothing();
    spec.when(next).thenNothing();
    expect(asked).toBe(0);
    expect(spec.given(stepped).when(next).events()).toEqual(
      spec.given(stepped).when({ kind: 'pause', reason: 'R' }).events(),
    );
    expect(asked).toBe(1);
  });

  it('neither pauses, nor declares, nor ends while orders are out', () => {
    spec.given(reducing).when({ kind: 'pause', reason: 'R' }).thenNothing();
    spec.given(reducing).when(declare).thenNothing();
    spec.given(reducing).when(complete).thenNothing();
  });

  it('says a reason once, and that it goes on', () => {
    spec.given(paused).when({ kind: 'pause', reason: 'R' }).thenNothing();
    const [resumed] = spec.given(paused).when(reduce(2)).events();
    spec
      .given(paused)
      .when(complete)
      .then([
        { type: 'LiquidationResumed', data: ids },
        {
          type: 'LiquidationCompleted',
          data: complete.kind === 'complete' ? complete.data : (undefined as never),
        },
      ]);
    if (resumed?.type !== 'LiquidationResumed') throw new Error('Expected it to go on first');
  });

  it('reduces no more after a shortfall, and does nothing after its end', () => {
    const settling = [...stepped, ...spec.given(stepped).when(declare).events()];
    spec.given(settling).when(reduce(2)).thenNothing();
    spec.given(settling).when(declare).thenNothing();
    const ended = [...settling, ...spec.given(settling).when(complete).events()];
    for (const command of [start, reduce(2), done(1), declare, complete])
      spec.given(ended).when(command).thenNothing();
  });
});
