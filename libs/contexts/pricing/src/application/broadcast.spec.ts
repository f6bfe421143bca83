import { describe, expect, it } from '@jest/globals';
import { isRejection, type Envelope, type NewEvent } from '@plinth/eventing';
import { serviceSpec, type ServiceSpec } from '@plinth/eventing/testing';
import { eventFromJson, type EventData, type EventType, type Mark } from '@plinth/messages';
import { marksLink } from './marks-link.ts';
import { PRICING_DEFAULTS, pricingOfCell } from './pricing-config.ts';
import { pricingService } from './pricing-service.ts';
import type { PricingViews } from './pricing-views.ts';

type World = ServiceSpec<PricingViews>;

const T0 = 1_700_000_000_000;

const eventOf = <T extends EventType>(type: T, given: Partial<EventData<T>>): NewEvent =>
  ({ type, data: eventFromJson(type, given) }) as NewEvent;

const worldOf = (cell: string): World => {
  const world = serviceSpec(pricingService(pricingOfCell(cell, 'main')));
  for (const [asset, kind] of [
    ['USD', 'fiat'],
    ['BTC', 'coin'],
    ['ETH', 'coin'],
  ] as const)
    world.given(`asset-${asset}`, T0, eventOf('AssetListed', { asset, scale: 8, kind }));
  for (const underlying of ['BTC', 'ETH'].slice(0, cell === 'main' ? 2 : 1)) {
    const rule = { minSources: 1, maxAgeMs: 10_000, maxConfidencePpm: 10_000, maxDeviationPpm: 10_000 };
    const priceRule = {
      ...rule,
      maxMovePpmPerSecond: 1_000_000,
    } as EventData<'InstrumentListed'>['priceRule'];
    world.given(
      `instrument-${underlying}/USD`,
      T0,
      eventOf('InstrumentListed', {
        ...{ instrumentId: `${underlying}/USD`, kind: 'spot', underlying, quoteAsset: 'USD' },
        ...{ contractSize: '1', priceRule },
      }),
    );
  }
  return world;
};

const publish = (world: World, now: number, prices: Readonly<Record<string, string>>) => {
  const quotes = Object.entries(prices).map(([underlying, price]) => ({
    ...{ instrumentId: `${underlying}/USD`, source: `alpha:${underlying}/USD`, group: 'alpha', price },
    ...{ confidence: '0', sourceTimeMs: now, volume: '', bid: '', ask: '' },
  }));
  const outcome = world.when('PublishRound', { atMs: now, quotes }, { now, tenant: 'operator' });
  if (isRejection(outcome)) throw new Error(outcome.message);
  return outcome;
};

const take = (world: World, events: readonly Envelope[], now: number) => {
  const [command] = marksLink.commands(events, 'main');
  if (command === undefined) throw new Error('Expected a command');
  return world.when(command.name, command.request, { now, tenant: 'operator' });
};

const taken = (world: World, events: readonly Envelope[], now: number): readonly Envelope[] => {
  const outcome = take(world, events, now);
  if (isRejection(outcome)) throw new Error(outcome.message);
  return outcome;
};

const markOf = (world: World, id = 'BTC/USD'): Mark | undefined => world.views.quotes.origin(id)?.mark;

describe('marks of the home cell', () => {
  it('are taken over as they are, with the place where they stand', () => {
    const [main, south] = [worldOf('main'), worldOf('south')];
    const [published] = publish(main, T0 + 1_000, { BTC: '60000', ETH: '3000' });
    const [event] = taken(south, [published as Envelope], T0 + 1_100);
    const { position } = published as Envelope;
    expect(event?.stream).toBe('marks-south');
    expect(event?.data).toMatchObject({ atMs: T0 + 1_000, sourceCell: 'main', sourcePosition: position });
    // ETH is not listed here.
    expect((event?.data as EventData<'MarksPublished'>).marks).toEqual([markOf(main)]);
    expect(south.views.broadcast.through).toBe(position);
  });

  it('are one round of the newest when several have come in between', () => {
    const [main, south] = [worldOf('main'), worldOf('south')];
    const rounds = [1, 2, 3].flatMap((n) => publish(main, T0 + n * 1_000, { BTC: `6000${n}` }));
    const events = taken(south, rounds, T0 + 3_100);
    expect(events).toHaveLength(1);
    expect(markOf(south)).toEqual(markOf(main));
    expect(south.views.broadcast.through).toBe(rounds.at(-1)?.position);
  });

  it('are taken over once and in order', () => {
    const [main, south] = [worldOf('main'), worldOf('south')];
    const rounds = [1, 2].flatMap((n) => publish(main, T0 + n * 1_000, { BTC: `6000${n}` }));
    taken(south, rounds, T0 + 2_100);
    for (const events of [rounds, rounds.slice(0, 1)])
      expect(take(south, events, T0 + 2_200)).toMatchObject({ code: 'TAKEN_ALREADY' });
    expect(markOf(south)?.price).toBe('60002');
  });

  it('are halted here when the broadcast is silent, and live again with the first later round', () => {
    const [main, south] = [worldOf('main'), worldOf('south')];
    taken(south, publish(main, T0 + 1_000, { BTC: '60000' }), T0 + 1_100);
    const refreshMs = PRICING_DEFAULTS.refreshMs + 2_000;
    expect(south.passTime(T0 + 1_000 + refreshMs)).toEqual([]);
    south.passTime(T0 + 1_001 + refreshMs);
    expect(markOf(south)).toMatchObject({ state: 'halted', price: '60000' });
    // Published before the halt, brought after it: it says nothing of now.
    taken(south, publish(main, T0 + 5_000, { BTC: '60005' }), T0 + 14_000);
    expect(markOf(south)?.state).toBe('halted');
    taken(south, publish(main, T0 + 15_000, { BTC: '60010' }), T0 + 15_100);
    expect(markOf(south)).toMatchObject({ state: 'live', price: '60010' });
  });

  it('are halted also when a round of this very moment, or of a clock ahead, has just been taken', () => {
    const [main, south] = [worldOf('main'), worldOf('south')];
    taken(south, publish(main, T0 + 1_000, { BTC: '60000' }), T0 + 1_100);
    const now = T0 + 20_000;
    const [empty] = publish(worldOf('main'), now + 500, { ETH: '3000' });
    taken(south, [{ ...(empty as Envelope), position: 99n }], now);
    expect(south.passTime(now).map(({ type }) => type)).toEqual(['TimerFired', 'MarksPublished']);
    expect(markOf(south)?.state).toBe('halted');
    expect(south.passTime(now)).toEqual([]);
  });

  it('are judged nowhere else', () => {
    const outcome = worldOf('south').when(
      'PublishRound',
      { atMs: T0, quotes: [] },
      { now: T0, tenant: 'operator' },
    );
    expect(outcome).toMatchObject({ code: 'MARKS_ELSEWHERE', details: { cell: 'main' } });
  });

  it('bring the settlement prices, which no other cell fixes', () => {
    const south = worldOf('south');
    const expiresAtMs = T0 + 60_000;
    const future = { instrumentId: 'BTC-20231114', kind: 'future', underlying: 'BTC', quoteAsset: 'USD' };
    south.given(
      'instrument-f',
      T0,
      eventOf('InstrumentListed', { ...future, contractSize: '1', expiresAtMs }),
    );
    expect(south.passTime(expiresAtMs + 1)).toEqual([]);
    const fixed = eventOf('SettlementPriceFixed', {
      ...{ underlying: 'BTC', priceAsset: 'USD', expiresAtMs, price: '60001' },
      instrumentIds: ['BTC-20231114'],
    });
    const main = serviceSpec(pricingService());
    const events = main.given('settlement-x', expiresAtMs, fixed);
    expect(taken(south, events, expiresAtMs + 10).map(({ type }) => type)).toEqual([
      'MarksPublished',
      'SettlementPriceFixed',
    ]);
    expect(south.views.settlements.settled('BTC-20231114')).toBeDefined();
  });
});
