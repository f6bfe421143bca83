import { describe, expect, it } from '@jest/globals';
import { MadeMarket } from '../market/made-market.ts';
import { CRASH, stretched } from '../market/scenario.ts';
import { openingSteps, type ScriptedCommand } from './opening.ts';
import { parametersFor } from './parameters.ts';
import { drawPopulation, STYLES } from './population.ts';

const feed = new MadeMarket(stretched(CRASH, 40), 1);
const accounts = drawPopulation(feed, 30, 1);
const steps = openingSteps(feed, accounts, parametersFor(feed));
const all = steps.flat();
const named = (name: string): readonly ScriptedCommand[] => all.filter((command) => command.name === name);
const stepOf = (name: string): number => steps.findIndex((step) => step.some((one) => one.name === name));
const field = (command: ScriptedCommand, name: string): unknown =>
  (command.request as Readonly<Record<string, unknown>>)[name];

describe('The opening', () => {
  it('puts into the log first what later steps rest on', () => {
    const order = ['ListAsset', 'ListInstrument', 'RegisterVenue', 'FundHouse', 'SetRiskParameters'].map(
      stepOf,
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const people = ['OpenClient', 'SetKycState', 'OpenAccount', 'CreditDeposit'].map(stepOf);
    expect(people).toEqual([...people].sort((a, b) => a - b));
    expect(new Set(people).size).toBe(4);
    expect(stepOf('OpenPool')).toBeLessThan(stepOf('FundHouse'));
  });

  it('lists all that the feed has, once', () => {
    expect(named('ListAsset')).toHaveLength(feed.assets.length);
    expect(named('OpenPool')).toHaveLength(feed.assets.length);
    expect(named('ListInstrument')).toHaveLength(feed.instruments.length);
    expect(named('RegisterVenue')).toHaveLength(feed.venues.length);
  });

  it('opens each client once and each account, with all its deposits', () => {
    const clients = named('OpenClient').map((command) => field(command, 'clientId'));
    expect(clients).toEqual([...new Set(accounts.map(({ clientId }) => clientId))]);
    expect(named('OpenAccount')).toHaveLength(accounts.length);
    const deposits = accounts.reduce((sum, account) => sum + account.deposits.length, 0);
    expect(named('CreditDeposit')).toHaveLength(deposits);
    expect(new Set(all.map(({ tenant }) => tenant))).toEqual(new Set(['operator']));
  });

  it('is a function of feed and book', () => {
    const again = new MadeMarket(stretched(CRASH, 40), 1);
    expect(openingSteps(again, drawPopulation(again, 30, 1), parametersFor(again))).toEqual(steps);
  });
});

describe('A drawn book', () => {
  it('has every style in its first accounts, and is the same for the same seed', () => {
    expect(new Set(accounts.map(({ style }) => style))).toEqual(new Set(STYLES));
    expect(drawPopulation(feed, 30, 1)).toEqual(accounts);
    expect(drawPopulation(feed, 30, 2)).not.toEqual(accounts);
  });

  it('keeps its accounts when others are added', () => {
    expect(drawPopulation(feed, 50, 1).slice(0, 30)).toEqual(accounts);
  });

  it('orders what the feed lists, in whole lots, within its ticks', () => {
    const lots = new Map(feed.instruments.map(({ instrumentId, lot }) => [instrumentId, lot]));
    const venues = new Set(feed.venues.map(({ venueId }) => venueId));
    const products = new Map(feed.products.map(({ productId, legs }) => [productId, legs[0]?.instrumentId]));
    for (const order of accounts.flatMap(({ orders }) => orders)) {
      const { instrumentId, productId, quantity, tick, venues: named } = order;
      // Units of a product are in lots of its legs.
      const leg = productId === undefined ? instrumentId : products.get(productId);
      const lot = lots.get(leg ?? '') ?? '';
      expect(lot).not.toBe('');
      const digits = lot.includes('.') ? lot.length - lot.indexOf('.') - 1 : 0;
      expect(quantity).toMatch(digits === 0 ? /^\d+$/ : new RegExp(`^\\d+(\\.\\d{1,${digits}})?$`));
      expect(Number(quantity)).toBeGreaterThan(0);
      expect(tick).toBeLessThan(feed.ticks);
      expect(named.every((venue) => venues.has(venue))).toBe(true);
    }
  });
});
