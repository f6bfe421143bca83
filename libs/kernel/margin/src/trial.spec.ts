import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { balanceKey, type Book } from './book.ts';
import { POOLS_LOCATION } from './catalogue.ts';
import * as at from './figures.ts';
import { houseParameters } from './house-parameters.ts';
import { RiskReduction } from './risk-reducing.ts';
import { addRandomAccount, makeWorld, pick, randomFrom, type Random, type World } from './testing/index.ts';
import { bookedTheLongWay, reducesTheLongWay, type Paid } from './testing/trial-referee.ts';
import { Trial, type TrialFill } from './trial.ts';

/** One, so that fills open what is held nowhere yet; a few; and more than there is room for at first. */
const POSITIONS = [1, 8, 8, 40] as const;

/** A random account with debts, claims on pools and money at several places, where spot pairs trade too. */
const worldOf = (seed: number, withOptions: boolean): World & { random: Random; account: number } => {
  const world = makeWorld(houseParameters, withOptions);
  const { catalogue, book } = world;
  const random = randomFrom(seed);
  const account = addRandomAccount(world, random, 'a', pick(random, POSITIONS));
  catalogue.addLocation({ id: POOLS_LOCATION, kind: 'venue' });
  for (const venue of ['venue-a', 'venue-d'])
    for (const base of ['BTC', 'ETH'])
      catalogue.addInstrument({
        ...{ id: `${base}/USDC@${venue}`, venue, underlying: base, quote: 'USDC', settlement: 'USDC' },
        ...{ contractSize: 1, kind: 'spot', base },
      });
  world.kernel.model.refresh();
  for (const [asset, location] of [
    ['USDC', POOLS_LOCATION],
    ['USDC', 'vault'],
    ['BTC', 'venue-d'],
  ] as const)
    if (random() < 0.5) book.setBalance(account, asset, location, 1_000 * random());
  for (const asset of ['USDC', 'BTC', 'USDT'])
    if (random() < 0.4) book.setDebt(account, asset, 100 * random());
  return { ...world, random, account };
};

/** Fills that close, open and overshoot, some on one line twice, with a fee or without. */
const ordersOf = ({ random, book, account, catalogue, market }: ReturnType<typeof worldOf>): Paid[] => {
  const { positions } = book.read(account);
  return Array.from({ length: Math.floor(random() * 5) }, () => {
    const held = positions.length > 0 && random() < 0.7 ? pick(random, positions) : undefined;
    const instrument = held?.instrument ?? pick(random, catalogue.instruments.ids);
    const mark = market.instruments.mark[catalogue.instruments.indexOf(instrument)]! || 1_000;
    const quantity = (held?.quantity ?? 1) * pick(random, [-1, -0.5, -0.25, -1.5, 0.5, 0]);
    return {
      instrument,
      quantity,
      price: mark * (0.98 + 0.04 * random()),
      fee: random() < 0.5 ? 0 : random(),
    };
  });
};

const fillOf = ({ catalogue }: Book, { instrument, quantity, price, fee }: Paid): TrialFill => {
  const line = catalogue.instruments.indexOf(instrument);
  const { location, quote } = catalogue.instrumentEntries[line]!;
  return { line, quantity, price, fee, feeFrom: balanceKey(location, quote) };
};

const seeds = fc.integer({ min: 1, max: 1e9 });

describe('fills that are tried on one account again and again', () => {
  it('leave the account and its figures as the long way does, bit for bit, in any order of trials', () => {
    let [owed, closed] = [0, 0];
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, withOptions) => {
        const world = worldOf(seed, withOptions);
        const { kernel, book, account } = world;
        const trial = new Trial(book, account);
        const trials = Array.from({ length: 4 }, () => ordersOf(world));
        const asked = trials.map((orders) => orders.map((order) => trial.prepare(fillOf(book, order))));
        for (const n of [0, 1, 2, 3, 1, 0]) {
          trial.try(asked[n]!);
          const referee = bookedTheLongWay(book, account, trials[n]!);
          expect(trial.book.read(0)).toEqual(referee.read(0));
          const whole = kernel.value(referee, 0).slice();
          const part = kernel.valueMaintenance(trial.book, 0);
          expect([part[at.EQUITY], part[at.MAINTENANCE]]).toEqual([whole[at.EQUITY], whole[at.MAINTENANCE]]);
          owed += referee.read(0).debts.length;
          closed += referee.read(0).positions.length < book.read(account).positions.length ? 1 : 0;
        }
      }),
      { numRuns: 150 },
    );
    expect(Math.min(owed, closed)).toBeGreaterThan(20);
  });

  it('are said to reduce risk where two full valuations say so', () => {
    const answers = { true: 0, false: 0 };
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, withOptions) => {
        const world = worldOf(seed, withOptions);
        const { kernel, book, account } = world;
        const reduction = new RiskReduction(kernel, book, account);
        for (let n = 0; n < 5; n++) {
          const orders = ordersOf(world);
          const answer = reduction.isReducing(
            orders.map((order) => reduction.trial.prepare({ ...fillOf(book, order), fee: 0 })),
          );
          expect(answer).toBe(reducesTheLongWay(kernel, book, account, orders));
          answers[`${answer}`] += 1;
        }
      }),
      { numRuns: 150 },
    );
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(50);
  });
});
