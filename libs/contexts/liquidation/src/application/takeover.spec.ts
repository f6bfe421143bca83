import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LiquidationWorld } from '../testing/liquidation-world.ts';

/** An account with gold, which no venue trades, and a debt in USD. */
const goldAgainstDebt = (gold: string, price: string): LiquidationWorld => {
  const world = new LiquidationWorld();
  world.open('a');
  world.deposit('a', 'XAU', gold);
  // A long that loses 2,000 USD and is gone again.
  world.prices({ XAU: '5000' });
  world.trade('a', 'BTC-PERP', 'alpha', '1');
  world.prices({ BTC: '58000' });
  world.trade('a', 'BTC-PERP', 'alpha', '-1');
  world.prices({ XAU: price });
  return world;
};

const types = (world: LiquidationWorld): readonly string[] =>
  world.spec.log().flatMap(({ stream, type }) => (stream.startsWith('liquidation-') ? [type] : []));

describe('collateral that no venue trades', () => {
  it('is taken over against the debt, the rest stays with the client, and that is the end', () => {
    const world = goldAgainstDebt('1', '2100');
    world.request('a');
    expect(world.last('TakeoverOrdered')).toMatchObject({
      collateral: [{ asset: 'XAU', price: '2100' }],
      debts: [{ asset: 'USD', price: '1' }],
    });
    world.takeOver();
    expect(types(world)).toEqual(['LiquidationStarted', 'TakeoverOrdered', 'LiquidationCompleted']);
    expect(world.last('LiquidationCompleted')).toMatchObject({
      ...{ outcome: 'restored', takenOver: '2000', badDebt: '0', fundPaid: '0' },
    });
    expect(world.health('a').equity).toBeGreaterThan(0);
  });

  it('leaves one shortfall, of all that it did not pay', () => {
    const world = goldAgainstDebt('1', '1900');
    world.fundInsurance('1000');
    world.request('a', 'gap');
    world.takeOver();
    expect(world.all('ShortfallDeclared')).toMatchObject([{ asset: 'USD', amount: '100' }]);
    world.post();
    expect(world.last('LiquidationCompleted')).toMatchObject({
      ...{ outcome: 'shortfall', takenOver: '1900', fundPaid: '100' },
    });
    expect(world.health('a').equity).toBe(0);
  });

  it('waits for its venue when a venue lists it', () => {
    const world = new LiquidationWorld();
    world.open('a');
    world.deposit('a', 'BTC', '1');
    world.trade('a', 'BTC/USD', 'alpha', '4');
    world.prices({ BTC: '48000' });
    for (const venueId of ['alpha', 'beta']) world.setVenue(venueId, 'down');
    world.request('a');
    expect(world.last('LiquidationPaused')).toMatchObject({ reason: 'VENUE_DOWN' });
    expect(world.all('TakeoverOrdered')).toEqual([]);
  });
});

describe('claims on lending pools', () => {
  const supplied = (): LiquidationWorld => {
    const world = goldAgainstDebt('1', '1900');
    world.deposit('a', 'XAU', '0.1');
    world.supply('a', 'XAU', '0.1');
    world.prices({ XAU: '1800' });
    return world;
  };

  it('are recalled once, before anything is taken over or declared', () => {
    const world = supplied();
    world.request('a');
    expect(types(world)).toEqual(['LiquidationStarted', 'ClaimsRecalled']);
    world.prices({ XAU: '1700' });
    expect(types(world)).toHaveLength(2);
    world.redeem('a', 'XAU', '0.1', '0');
    expect(types(world)).toEqual(['LiquidationStarted', 'ClaimsRecalled', 'TakeoverOrdered']);
    world.takeOver();
    expect(world.all('ShortfallDeclared')).toMatchObject([{ asset: 'USD', amount: '130' }]);
    world.post();
    expect(world.last('LiquidationCompleted')).toMatchObject({ takenOver: '1870' });
  });

  it('tell their part of the story', () => {
    const world = supplied();
    world.request('a');
    world.redeem('a', 'XAU', '0.1', '0');
    world.takeOver();
    const answer = world.spec.ask('ExplainLiquidation', { liquidationId: 'a.l1' });
    const { stages } = answer as { stages: readonly { event: string; why: string }[] };
    expect(stages.map(({ event }) => event).slice(1, 5)).toEqual([
      ...['ClaimsRecalled', 'PoolRedeemed', 'TakeoverOrdered', 'CollateralTakenOver'],
    ]);
    expect(stages[4]?.why).toBe('The house took 1.1 XAU (balance) for 1980 USD of debt.');
  });
});

describe('an account whose equity drifts round zero', () => {
  it('is declared short at most once without a new loss', () => {
    let shortfalls = 0;
    let ends = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1_800, max: 2_300 }),
        fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 5, maxLength: 25 }),
        (first, drift) => {
          const world = goldAgainstDebt('1', String(first));
          world.fundInsurance('10000');
          let [price, taken] = [first, 0];
          for (const change of drift) {
            price += change;
            world.prices({ XAU: String(price) });
            const { equity, maintenanceMargin } = world.health('a');
            if (world.views.liquidations.runningOf('a') === undefined && equity < maintenanceMargin)
              world.request('a', equity < 0 ? 'gap' : 'maintenance');
            for (; taken < world.all('TakeoverOrdered').length; taken += 1) world.takeOver();
            world.post();
          }
          expect(world.all('ShortfallDeclared').length).toBeLessThanOrEqual(1);
          expect(world.all('LiquidationStarted').length).toBeLessThanOrEqual(1);
          shortfalls += world.all('ShortfallDeclared').length;
          ends += world.all('LiquidationCompleted').length;
        },
      ),
      { numRuns: 60 },
    );
    expect(shortfalls).toBeGreaterThan(3);
    expect(ends).toBeGreaterThan(shortfalls);
  });
});
