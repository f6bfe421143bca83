import type { Envelope } from '@plinth/eventing';
import { clientAccount } from '@plinth/market';
import { LedgerView } from '@plinth/views';
import { against, atLeast, type BenchRow } from './bench-row.ts';
import { measureRates } from './measure.ts';
import { sizes, type BenchOptions } from './options.ts';

const EVENTS = 100_000;
const UNIT = 'postings/s';

const envelope = (position: number, type: string, data: unknown): Envelope =>
  ({
    position: BigInt(position),
    stream: 's',
    version: 1,
    id: '',
    type,
    schema: 1,
    data,
  }) as unknown as Envelope;

/** Money that moves inside accounts: two legs each. */
const entries = (accounts: number): readonly Envelope[] =>
  Array.from({ length: EVENTS }, (_, n) => {
    const accountId = `a${n % accounts}`;
    const amount = `${1 + (n % 1_000)}.25`;
    const from = clientAccount(accountId, '', 'USD', 'vault:bank');
    const to = clientAccount(accountId, '', 'USD', 'venue:alpha');
    const postings = [
      { account: from, asset: 'USD', amount: `-${amount}` },
      { account: to, asset: 'USD', amount },
    ];
    return envelope(n + 1, 'CollateralMoved', { accountId, asset: 'USD', amount, postings });
  });

const openView = (accounts: number): LedgerView => {
  const view = new LedgerView();
  view.apply(envelope(1, 'AssetListed', { asset: 'USD', scale: 6, kind: 'fiat', chains: [] }));
  for (let n = 0; n < accounts; n += 1) {
    view.apply(envelope(1, 'AccountOpened', { accountId: `a${n}`, clientId: 'c', name: '' }));
  }
  return view;
};

/** Least that such a fold can do: parse, add in a map, see the sum. */
const plainMap = (events: readonly Envelope[]): (() => number) => {
  const balances = new Map<string, bigint>();
  return () => {
    for (const { data } of events) {
      let sum = 0n;
      for (const { account, amount } of (data as { postings: { account: string; amount: string }[] })
        .postings) {
        const units = BigInt(amount.replace('.', ''));
        sum += units;
        balances.set(account, (balances.get(account) ?? 0n) + units);
      }
      if (sum !== 0n) throw new Error('Expected postings that sum to zero');
    }
    return 2 * events.length;
  };
};

export const benchLedger = async (options: BenchOptions): Promise<readonly BenchRow[]> => {
  const rows: BenchRow[] = [];
  for (const accounts of sizes(options, 1_000, 10_000, 100_000)) {
    const events = entries(accounts);
    const view = openView(accounts);
    const fold = (): number => {
      for (const event of events) view.apply(event);
      return 2 * events.length;
    };
    const subjects = [
      { name: 'fold', run: fold },
      { name: 'map', run: plainMap(events) },
    ];
    const [figure, plain] = await measureRates(subjects, options.pace);
    if (figure === undefined || plain === undefined) throw new Error('Expected two figures');
    rows.push({
      bench: 'ledger',
      what: 'two-legged entries into the ledger fold, every entry checked to sum to zero',
      scale: `${accounts.toLocaleString('en')} accounts`,
      unit: UNIT,
      figure,
      baseline: against('the same legs into one map', figure, plain),
      target: atLeast(1_000_000, figure, UNIT),
    });
  }
  return rows;
};
