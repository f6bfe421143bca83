import { describe, expect, it } from '@jest/globals';
import { foldStream, type Envelope, type Intent } from '@plinth/eventing';
import { FIGURE_COUNT, severityNow } from '@plinth/margin';
import fc from 'fast-check';
import { marginAccount, type MarginEvent } from '../domain/margin-account.ts';
import { childFilled, orderClosed, orderPlaced, RiskWorld, types } from '../testing/risk-world.ts';
import { RiskService } from './risk-service.ts';
import { restingLegs } from './open-order-terms.ts';

const ACCOUNTS = ['a', 'b', 'c'] as const;

type Step = Readonly<{ kind: string; account: string; n: number; side: 'buy' | 'sell'; asks: boolean }>;

const step = fc.record({
  kind: fc.constantFrom('deposit', 'price', 'place', 'fill', 'close', 'withdraw', 'hold', 'guard', 'time'),
  account: fc.constantFrom(...ACCOUNTS),
  n: fc.integer({ min: 1, max: 40 }),
  side: fc.constantFrom<'buy' | 'sell'>('buy', 'sell'),
  asks: fc.boolean(),
});

/** Plays one step; `asks` puts questions in between, which must change nothing. */
const play = (world: RiskWorld, { kind, account, n, side, asks }: Step, place: number): void => {
  const orderId = `o${place}`;
  const open = world.spec.views.portfolio.orders.of(account)[0]?.placed;
  if (kind === 'deposit')
    world.deposit(account, n % 2 === 0 ? 'USD' : 'BTC', `${n % 2 === 0 ? n * 100 : n / 100}`);
  if (kind === 'price') world.price('BTC', `${40_000 + n * 1_000}`);
  if (kind === 'guard')
    world.price('BTC', { price: `${40_000 + n * 1_000}`, guarded: true, confidence: `${n}` });
  if (kind === 'place') world.place({ accountId: account, orderId, side, quantity: `${n / 10}` });
  if (kind === 'hold') world.hold(account, `${side === 'buy' ? '' : '-'}${n / 20}`, `${45_000 + n * 500}`);
  if (kind === 'withdraw') world.withdraw(account, `w${place}`, `${n * 10}`);
  if (kind === 'time') world.spec.passTime((world.at += n * 5_000));
  if (kind === 'fill' && open !== undefined) {
    const { orderId: filled, quantity } = open;
    const fill = { orderId: filled, accountId: account, quantity, side: open.side, fillId: `f${place}` };
    world.given(`order-${filled}`, childFilled({ ...fill, price: '60000', fee: '1' }));
  }
  if (kind === 'close' && open !== undefined)
    world.given(`order-${open.orderId}`, orderClosed(account, open.orderId));
  if (asks) for (const accountId of ACCOUNTS) world.spec.ask('GetMargin', { accountId });
};

const played = (steps: readonly Step[]): RiskWorld => {
  const world = new RiskWorld();
  for (const accountId of ACCOUNTS) world.open(accountId, '20000');
  steps.forEach((one, n) => play(world, one, n));
  return world;
};

/** The views of a service that has only read this log. */
const rebuilt = (log: readonly Envelope[]) => {
  const views = RiskService({ cell: 'main' }).views();
  for (const event of log) for (const fold of Object.values(views)) fold.apply(event);
  return views;
};

const steps = fc.array(step, { minLength: 5, maxLength: 30 });

describe('the folds', () => {
  it('come to the same from the log alone, bit for bit, whatever was asked meanwhile', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const world = played(list);
        const { portfolio, accounts } = world.spec.views;
        const fresh = rebuilt(world.spec.log());
        expect([...fresh.portfolio.entries()].sort()).toEqual([...portfolio.entries()].sort());
        expect([...fresh.accounts.entries()].sort()).toEqual([...accounts.entries()].sort());
        expect(fresh.portfolio.measure().slice(0, 3 * FIGURE_COUNT)).toEqual(
          portfolio.measure().slice(0, 3 * FIGURE_COUNT),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('come to the same again after a reset', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const log = played(list).spec.log();
        const views = rebuilt(log);
        const before = [...views.portfolio.entries(), ...views.accounts.entries()].sort();
        const figures = views.portfolio.measure().slice(0, 3 * FIGURE_COUNT);
        for (const fold of Object.values(views)) fold.reset();
        expect([...views.portfolio.entries()]).toEqual([...rebuilt([]).portfolio.entries()]);
        for (const event of log) for (const fold of Object.values(views)) fold.apply(event);
        expect([...views.portfolio.entries(), ...views.accounts.entries()].sort()).toEqual(before);
        expect(views.portfolio.measure().slice(0, 3 * FIGURE_COUNT)).toEqual(figures);
      }),
      { numRuns: 20 },
    );
  });

  it('do not care in which order deposits to different accounts came', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...ACCOUNTS), fc.integer({ min: 1, max: 1_000_000 }))),
        (list) => {
          const figuresOf = (order: typeof list) => {
            const world = played([]);
            for (const [account, units] of order)
              world.deposit(account, 'BTC', `${units / 1_000_000}`, 'beta');
            return world.spec.views.portfolio.measure().slice(0, 3 * FIGURE_COUNT);
          };
          const sorted = [...list].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
          expect(figuresOf(sorted)).toEqual(figuresOf(list));
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('the index of suspects', () => {
  it('misses nobody who is not healthy by the figures, at any step', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const world = played([]);
        const { portfolio } = world.spec.views;
        list.forEach((one, n) => {
          play(world, one, n);
          const suspects = new Set(portfolio.suspects());
          for (const accountId of ACCOUNTS) {
            const severity = severityNow(portfolio.value(accountId), 0, portfolio.marginParameters);
            expect(severity === 0 || suspects.has(accountId)).toBe(true);
          }
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe('the log', () => {
  it('is the same for the same inputs', () => {
    fc.assert(
      fc.property(steps, (list) => {
        expect(played(list).spec.log()).toEqual(
          played(list.map((one) => ({ ...one, asks: !one.asks }))).spec.log(),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('says every state, every call is answered, and nothing is asked twice', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const world = played(list);
        const log = world.spec.log();
        for (const accountId of ACCOUNTS) {
          const own = log.filter(({ stream }) => stream === `margin-${accountId}`);
          let state = 'healthy';
          let calls = 0;
          for (const event of own) {
            if (event.type === 'MarginStateChanged') {
              expect(event.data.fromState).toBe(state);
              expect(event.data.toState).not.toBe(state);
              state = event.data.toState;
            }
            if (event.type === 'MarginCalled') calls += 1;
            if (event.type === 'MarginCallCured' || event.type === 'MarginCallEscalated') calls -= 1;
            expect(calls === 0 || calls === 1).toBe(true);
          }
          expect(world.spec.views.accounts.of(accountId).state).toBe(state);
          expect(own.filter(({ type }) => type === 'LiquidationRequested').length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('liquidates nobody who is above the threshold, and always answers an order', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const log = played(list).spec.log();
        for (const event of log) {
          if (event.type !== 'LiquidationRequested' || event.data.figures === undefined) continue;
          const { equity, maintenanceMargin } = event.data.figures;
          expect(parseFloat(equity)).toBeLessThan(1.1 * parseFloat(maintenanceMargin));
        }
        const count = (type: string) => types(log).filter((one) => one === type).length;
        expect(count('OrderApproved') + count('OrderRefused')).toBe(count('OrderPlaced'));
        expect(count('WithdrawalApproved') + count('WithdrawalRefused')).toBe(count('WithdrawalRequested'));
      }),
      { numRuns: 40 },
    );
  });
});

describe('approvals before the fold has seen any', () => {
  const service = RiskService({ cell: 'main' });

  it('never take more together than the margin has', () => {
    const order = fc.record({
      quantity: fc.integer({ min: 1, max: 40 }),
      side: fc.constantFrom('buy', 'sell'),
    });
    fc.assert(
      fc.property(fc.array(order, { minLength: 2, maxLength: 8 }), (orders) => {
        const world = new RiskWorld();
        world.open('a', '20000');
        const views = rebuilt(world.spec.log());
        let position = BigInt(world.spec.log().length);
        const own: MarginEvent[] = [];
        orders.forEach(({ quantity, side }, n) => {
          position += 1n;
          const placed = orderPlaced({
            accountId: 'a',
            orderId: `o${n}`,
            side,
            quantity: `${quantity / 10}`,
          });
          const event = { ...world.spec.log()[0], ...placed, position, occurredAt: world.at } as Envelope;
          for (const fold of Object.values(views)) fold.apply(event);
          for (const { command } of service.react(event, views) as readonly Intent[])
            own.push(
              ...(marginAccount.decide(command as never, foldStream(marginAccount, own)) as MarginEvent[]),
            );
        });
        const { orders: reserved } = foldStream(marginAccount, own);
        const legs = restingLegs(views.portfolio, 'a', reserved);
        for (const side of ['buy', 'sell']) {
          const filled = legs.filter((leg) => leg.side === side);
          const { equity, initialMargin } = views.portfolio.assess('a', { legs: filled });
          expect(equity).toBeGreaterThanOrEqual(initialMargin);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leave the initial margin in every figure that an approval records', () => {
    fc.assert(
      fc.property(steps, (list) => {
        for (const event of played(list).spec.log()) {
          if (event.type !== 'OrderApproved' || event.data.riskReducing) continue;
          const { equity, initialMargin } = event.data.figuresAfter ?? { equity: '0', initialMargin: '1' };
          expect(parseFloat(equity)).toBeGreaterThanOrEqual(parseFloat(initialMargin) - 1e-7);
        }
      }),
      { numRuns: 30 },
    );
  });
});
