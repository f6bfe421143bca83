import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RULEBOOK_NAMES } from '@plinth/margin/models';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunningUp } from '../testing/running-up.ts';

const DAY_MS = 86_400_000;

type Part = Readonly<{ depth: number; label: string; amount: string }>;
type Figures = Readonly<{ equity: string; initialMargin: string; maintenanceMargin: string }>;
type Placed = Readonly<{ position: string }>;
type Order = Readonly<{ orderId: string; status: string; outcome: string; reason: string }>;
type Product = Readonly<{
  productId: string;
  kind: string;
  netPrice: string;
  state: string;
  expiresAtMs: number;
  legs: readonly Readonly<{ instrumentId: string; ratio: string }>[];
}>;

/** The children of every part sum to it, to the last digit: in units of 1e-8. */
const expectSums = (parts: readonly Part[]): void => {
  const units = ({ amount }: Part): bigint => {
    const [whole = '', digits = ''] = amount.replace('-', '').split('.');
    const size = BigInt(whole + digits.padEnd(8, '0'));
    return amount.startsWith('-') ? -size : size;
  };
  expect(parts.length).toBeGreaterThan(0);
  for (const [n, part] of parts.entries()) {
    const end = parts.findIndex(({ depth }, k) => k > n && depth <= part.depth);
    const below = parts.slice(n + 1, end < 0 ? undefined : end);
    const children = below.filter(({ depth }) => depth === part.depth + 1);
    if (children.length === 0) continue;
    expect([part.label, children.reduce((sum, child) => sum + units(child), 0n)]).toEqual([
      ...[part.label, units(part)],
    ]);
  }
};

/** All that margin says of an account, as somebody sees it who has just started the broker. */
describe('a tour of the broker in one process', () => {
  let up: RunningUp;
  let beforeTrades = '';
  let straddle: Product | undefined;

  const ask = <T>(words: string): Promise<T> => up.plinth<T>(...words.split(' '));

  const until = async <T>(words: string, isThere: (answer: T) => boolean): Promise<T> => {
    for (let tries = 0; tries < 40; tries += 1) {
      const answer = await ask<T>(words);
      if (isThere(answer)) return answer;
      await sleep(250);
    }
    throw new Error(`Expected something else of ${words}`);
  };

  const filled = (words: string): Promise<Order> =>
    until<Order>(words, ({ status }) => status === 'closed').then((order) => {
      expect(order).toMatchObject({ outcome: 'filled' });
      return order;
    });

  beforeAll(async () => {
    up = await RunningUp.start();
    await ask('clients open desk --name Desk --jurisdiction CH');
    await ask('clients kyc desk --state approved --reason known');
    await ask('accounts open fund --client desk --name main');
    const credited = await ask<Placed>('accounts deposit fund --asset USD --amount 60000 --at venue:alpha');
    beforeTrades = credited.position;
  }, 150_000);

  afterAll(() => up?.stop(), 60_000);

  it('lists products with their legs, prices and expiries, and settlements at the same times', async () => {
    const products = await until<readonly Product[]>('products list --underlying BTC', (rows) =>
      rows.some(({ state }) => state === 'live'),
    );
    const live = products.filter(({ state, netPrice }) => state === 'live' && netPrice !== '');
    expect(live.length).toBeGreaterThan(3);
    const settlements = await ask<
      readonly Readonly<{
        expiresAtMs: number;
        state: string;
        instrumentIds: readonly string[];
        warning: string;
      }>[]
    >('settlements list --underlying BTC');
    const due = new Set(settlements.map(({ expiresAtMs }) => expiresAtMs));
    for (const { expiresAtMs } of products) expect(due).toContain(expiresAtMs);
    const waiting = settlements.filter(({ state }) => state === 'waiting');
    expect(waiting.length).toBeGreaterThan(0);
    expect(waiting.every(({ warning }) => warning === '')).toBe(true);
    straddle = live.find(
      ({ kind, expiresAtMs }) => kind === 'straddle' && expiresAtMs > Date.now() + 3 * DAY_MS,
    );
    const listed = settlements.find(({ expiresAtMs }) => expiresAtMs === straddle?.expiresAtMs);
    for (const { instrumentId } of straddle?.legs ?? [])
      expect(listed?.instrumentIds).toContain(instrumentId);
    expect(straddle?.legs).toHaveLength(2);
  });

  it('trades a contract and a product', async () => {
    await ask('orders place fund buy 2 BTC-PERP --venue alpha --id operator.1');
    await filled('orders show operator.1');
    await ask(`products order fund buy 0.1 ${straddle?.productId} --id operator.2`);
    const product = await filled('products show operator.2');
    expect(product).toMatchObject({ productId: straddle?.productId, filledQuantity: '0.1' });
    // Quotes of a straddle lie near its mark: within a tenth of it and the spread of its legs.
    const { netPrice } = product as unknown as Product;
    expect(Math.abs(Number(netPrice) / Number(straddle?.netPrice) - 1)).toBeLessThan(0.5);
  });

  it('shows surfaces, and the depth of books that margin counts on', async () => {
    const surfaces = await ask<readonly Readonly<{ underlying: string; slices: number }>[]>('surfaces list');
    expect(surfaces.map(({ underlying }) => underlying)).toContain('BTC');
    expect(surfaces.every(({ slices }) => slices > 0)).toBe(true);
    const [book] = await until<readonly Readonly<{ state: string; sell: readonly { quantity: string }[] }>[]>(
      'venues depth --venue alpha --instrument BTC-PERP',
      (rows) => rows.length > 0,
    );
    expect(book?.state).toBe('fresh');
    const taken = (book?.sell ?? []).map(({ quantity }) => Number(quantity));
    expect(taken).toEqual([...taken].sort((a, b) => a - b));
    expect(taken.at(-1)).toBeGreaterThan(0);
  });

  it('tells margin, and explains it in parts that sum to it', async () => {
    const { state, figures } = await ask<Readonly<{ state: string; figures: Figures }>>('margin show fund');
    const [equity, initial, maintenance] = [
      ...[figures.equity, figures.initialMargin, figures.maintenanceMargin].map(Number),
    ] as [number, number, number];
    expect(state).toBe('healthy');
    expect(equity).toBeGreaterThan(55_000);
    expect(equity).toBeLessThan(65_000);
    expect(maintenance).toBeGreaterThan(5_000);
    expect(initial).toBeGreaterThan(maintenance);
    const explained =
      await ask<Readonly<{ figures: Figures; equity: Part[]; requirement: Part[] }>>('margin explain fund');
    expectSums(explained.equity);
    expectSums(explained.requirement);
    expect(explained.equity[0]?.amount).toBe(explained.figures.equity);
    const labels = explained.requirement.map(({ label }) => label);
    expect(labels).toContain('BTC-PERP@alpha through its books');
  });

  it('compares rulebooks by name', async () => {
    const { models } =
      await ask<Readonly<{ models: readonly (Figures & Readonly<{ model: string; refusal: string }>)[] }>>(
        'margin compare fund',
      );
    expect(models.map(({ model }) => model).sort()).toEqual([...RULEBOOK_NAMES].sort());
    const judged = models.filter(({ refusal }) => refusal === '');
    expect(judged.map(({ model }) => model)).toEqual(
      expect.arrayContaining(['house', 'derive-pmrm2', 'derive-standard', 'paradex', 'okx', 'deribit']),
    );
    for (const { initialMargin, maintenanceMargin } of judged) {
      expect(Number(maintenanceMargin)).toBeGreaterThan(0);
      expect(Number(initialMargin)).toBeGreaterThanOrEqual(Number(maintenanceMargin));
    }
  });

  it('stresses the account, finds what is fatal, and follows a venue that fails', async () => {
    const { accounts } = await ask<
      Readonly<{
        accounts: readonly Readonly<Record<'scenario' | 'profit' | 'equityBefore' | 'equity', string>>[];
      }>
    >('stress run fund');
    expect(accounts.length).toBeGreaterThan(3);
    for (const { equityBefore, profit, equity } of accounts)
      expect(Number(equity)).toBeCloseTo(Number(equityBefore) + Number(profit), 6);
    expect(new Set(accounts.map(({ profit }) => profit)).size).toBeGreaterThan(3);
    const reverse = await ask<Readonly<{ size: string; slack: string; shock: readonly object[] }>>(
      'stress reverse fund --norm sup',
    );
    expect(Number(reverse.size)).toBeGreaterThan(0);
    expect(reverse.shock.length).toBeGreaterThan(0);
    const contagion =
      await ask<Readonly<{ settled: boolean; rounds: number; house: { accounts: number } }>>(
        'stress contagion alpha',
      );
    expect(contagion).toMatchObject({ settled: true, house: { accounts: 1 } });
    expect(contagion.rounds).toBeGreaterThan(0);
  });

  it('explains a difference and a profit since the deposit, each as a sum', async () => {
    const difference = await ask<Readonly<Record<'equity' | 'initial' | 'maintenance', Part[]>>>(
      `explain difference fund --from ${beforeTrades}`,
    );
    for (const parts of [difference.equity, difference.initial, difference.maintenance]) expectSums(parts);
    expect(difference.maintenance.map(({ label }) => label)).toContain('position');
    const profit = await ask<Readonly<{ profit: Part[]; residual: string; residualBound: string }>>(
      `explain profit fund --from ${beforeTrades}`,
    );
    expectSums(profit.profit);
    expect(profit.profit.map(({ label }) => label)).toEqual(expect.arrayContaining(['fees', 'trades']));
    expect(Math.abs(Number(profit.residual))).toBeLessThanOrEqual(Number(profit.residualBound));
  });

  it('sums greeks by position to those by underlying', async () => {
    type Greeks = Readonly<{ rows: readonly Readonly<{ key: string; underlying: string; delta: string }>[] }>;
    // One round of marks for both: positions stand still, prices need not.
    const own = await ask<Greeks>('margin greeks fund --by position');
    const { rows } = await ask<Greeks>('margin greeks fund --by underlying');
    const whole = Number(rows.find(({ key }) => key === 'BTC')?.delta);
    const parts = own.rows.filter(({ underlying }) => underlying === 'BTC');
    expect(parts.length).toBeGreaterThanOrEqual(3);
    const sum = parts.reduce((total, { delta }) => total + Number(delta), 0);
    expect(whole).toBeGreaterThan(100_000);
    expect(Math.abs(sum / whole - 1)).toBeLessThan(0.02);
  });
});
