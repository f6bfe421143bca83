import type { Envelope, EventLog } from '@plinth/eventing';
import { formatUnits } from '@plinth/money';
import type { LedgerView } from '@plinth/views';
import { Auditor } from '../auditor/auditor.ts';
import { exact, text } from '../auditor/decimal-text.ts';
import { StoryView, type LiquidationStory } from '../driver/observer.ts';
import { CreditStory } from './credit-story.ts';
import { ExecutionStory } from './execution-story.ts';
import type {
  InvariantFigures,
  LedgerFigures,
  LiquidationFigures,
  ProofFigures,
  RefusalFigures,
  RunFigures,
  RunName,
  StyleFigures,
} from './figures.ts';
import { MarketStory } from './market-story.ts';
import { SettlementStory } from './settlement-story.ts';

const BATCH = 2_000;
const SAMPLES = 480;
/** More breaches than anybody reads; the count is whole. */
const BREACHES_SHOWN = 100;

/** A command that a cell did not take. */
export type RefusedCommand = Readonly<{ command: string; code: string; message: string }>;

export type RunInputs = Readonly<{
  name: Pick<RunName, 'name' | 'sources' | 'seed'>;
  log: EventLog;
  /** Where the run ended, in a log that goes on; the whole log when left out. */
  end?: bigint;
  accounts: readonly Readonly<{ accountId: string; style: string }>[];
  proof: ProofFigures;
  /** Refused commands leave no event: the driver tells of them. */
  refusals: Readonly<{ sent: number; refused: number; examples: readonly RefusedCommand[] }>;
}>;

/**
 * Reads a finished log from its first event and says what the run came to. Nothing of the running services
 * is looked at: equal logs give equal figures, whatever happened to the process that wrote them.
 */
export const collectFigures = async (inputs: RunInputs, signal?: AbortSignal): Promise<RunFigures> => {
  const reader = new Reader(inputs);
  let after = 0n;
  for (;;) {
    const events = await inputs.log.read(after, BATCH);
    signal?.throwIfAborted();
    for (const event of events) {
      if (inputs.end !== undefined && event.position > inputs.end) return reader.figures();
      reader.apply(event);
    }
    const last = events.at(-1);
    if (last === undefined) return reader.figures();
    after = last.position;
  }
};

class Reader {
  readonly #inputs: RunInputs;
  readonly #styles: ReadonlyMap<string, readonly string[]>;
  readonly #styleOf: ReadonlyMap<string, string>;
  readonly #story = new StoryView();
  readonly #auditor = new Auditor();
  readonly #credit = new CreditStory();
  readonly #settlements = new SettlementStory();
  readonly #market: MarketStory;
  readonly #execution: ExecutionStory;
  readonly #called = new Set<string>();
  readonly #refused = new Map<string, { what: string; code: string; count: number; example: string }>();

  constructor(inputs: RunInputs) {
    this.#inputs = inputs;
    this.#styleOf = new Map(inputs.accounts.map(({ accountId, style }) => [accountId, style]));
    const styles = new Map<string, string[]>();
    for (const { accountId, style } of inputs.accounts) {
      styles.set(style, [...(styles.get(style) ?? []), accountId]);
    }
    this.#styles = styles;
    this.#market = new MarketStory(styles);
    this.#execution = new ExecutionStory(this.#market.view);
    for (const { command, code, message } of inputs.refusals.examples) this.#refuse(command, code, message);
  }

  apply(event: Envelope): void {
    this.#story.apply(event);
    this.#auditor.apply(event);
    this.#credit.apply(event);
    this.#settlements.apply(event);
    this.#market.apply(event);
    this.#execution.apply(event);
    switch (event.type) {
      case 'MarginCalled':
        this.#called.add(event.data.accountId);
        return;
      case 'OrderRefused':
        return this.#refuse('order', event.data.code, event.data.message);
      case 'WithdrawalRefused':
        return this.#refuse('withdrawal', event.data.code, event.data.message);
      case 'TransferRefused':
        return this.#refuse('transfer', event.data.code, event.data.message);
      default:
        return;
    }
  }

  #refuse(what: string, code: string, message: string): void {
    const row = this.#refused.get(`${what} ${code}`) ?? { what, code, count: 0, example: message };
    row.count += 1;
    this.#refused.set(`${what} ${code}`, row);
  }

  figures(): RunFigures {
    const market = this.#market;
    const { startMs, endMs, rounds } = market;
    const count = (type: string): number => this.#story.count(type);
    return {
      run: { ...this.#inputs.name, startMs, endMs, rounds },
      accounts: this.#accountFigures(),
      states: { end: this.#story.byState(), samples: thinned(this.#story.samples, SAMPLES) },
      calls: {
        made: count('MarginCalled'),
        cured: count('MarginCallCured'),
        escalated: count('MarginCallEscalated'),
      },
      liquidations: this.#liquidationFigures(),
      orders: this.#execution.figures(),
      interest: this.#credit.interest(),
      funding: this.#credit.funding(),
      settlements: this.#settlements.figures(),
      ledger: ledgerFigures(market.view.ledger),
      invariants: this.#invariants(),
      proof: this.#inputs.proof,
      events: {
        total: [...this.#story.counts.values()].reduce((sum, n) => sum + n, 0),
        byType: [...this.#story.counts]
          .map(([type, n]) => ({ type, count: n }))
          .sort((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1)),
      },
      prices: market.prices,
      book: market.book,
      efficiency: market.moments,
      refusals: this.#refusals(),
    };
  }

  #accountFigures(): readonly StyleFigures[] {
    const stories = [...this.#story.liquidations.values()];
    return [...this.#styles].map(([style, ids]) => {
      const known = new Set(ids);
      const own = stories.filter(({ accountId }) => known.has(accountId));
      return {
        style,
        accounts: ids.length,
        called: ids.filter((id) => this.#called.has(id)).length,
        liquidated: new Set(own.map(({ accountId }) => accountId)).size,
        equityEnd: ids.reduce((sum, id) => sum + this.#market.equityOf(id), 0),
        badDebt: sumOf(own, 'badDebt'),
      };
    });
  }

  #liquidationFigures(): LiquidationFigures {
    const stories = [...this.#story.liquidations.values()];
    return {
      rows: stories.map((story) => ({ ...story, style: this.#styleOf.get(story.accountId) ?? '' })),
      byCause: countBy(stories, ({ cause }) => cause),
      byOutcome: countBy(stories, ({ outcome }) => outcome),
      deferred: this.#story.count('LiquidationDeferred'),
      paused: this.#story.count('LiquidationPaused'),
      reducedNotional: sumOf(stories, 'reducedNotional'),
      slippage: sumOf(stories, 'slippage'),
      liquidationFees: sumOf(stories, 'liquidationFee'),
      fundPaid: sumOf(stories, 'fundPaid'),
      badDebt: sumOf(stories, 'badDebt'),
      fundEnd: this.#credit.fund(),
    };
  }

  #invariants(): InvariantFigures {
    const { invariants, breaches, found, unjudged } = this.#auditor.finish();
    return {
      checked: invariants,
      breaches,
      unjudged,
      found: found.slice(0, BREACHES_SHOWN).map(({ invariant, position, detail }) => ({
        invariant,
        position: String(position),
        detail,
      })),
    };
  }

  #refusals(): RefusalFigures {
    const { sent, refused } = this.#inputs.refusals;
    const byCode = [...this.#refused.values()].sort(
      (a, b) => b.count - a.count || (a.code < b.code ? -1 : 1),
    );
    return { sent, refused, byCode };
  }
}

const sumOf = (
  stories: readonly LiquidationStory[],
  field: 'reducedNotional' | 'slippage' | 'liquidationFee' | 'fundPaid' | 'badDebt',
): string => text(stories.reduce((sum, story) => sum + exact(story[field]), 0n));

const countBy = <T>(items: readonly T[], keyOf: (item: T) => string): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
};

/** At most `size` of them, evenly spaced, the last one included. */
const thinned = <T>(samples: readonly T[], size: number): readonly T[] => {
  const stride = Math.max(1, Math.ceil(samples.length / size));
  return samples.filter((_, i) => (samples.length - 1 - i) % stride === 0);
};

type Kind = Exclude<keyof LedgerFigures, 'asset' | 'sum'>;

const KINDS: readonly (readonly [string, Kind])[] = [
  ['client:', 'clients'],
  ['hold:', 'clients'],
  ['supplied:', 'clients'],
  ['debt:', 'debts'],
  ['pool:', 'pools'],
  ['venue:', 'venues'],
  ['external', 'outside'],
];

/** Everything that belongs to nobody else is the house's. */
const kindOf = (account: string): Kind =>
  KINDS.find(([prefix]) => account.startsWith(prefix))?.[1] ?? 'house';

const ledgerFigures = (ledger: LedgerView): readonly LedgerFigures[] => {
  const sums = new Map<string, Map<Kind, bigint>>();
  for (const { account, asset, units } of ledger.all()) {
    const byKind = sums.get(asset) ?? new Map<Kind, bigint>();
    byKind.set(kindOf(account), (byKind.get(kindOf(account)) ?? 0n) + units);
    sums.set(asset, byKind);
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, byKind]) => {
      const of = (kind: Kind): string => formatUnits(byKind.get(kind) ?? 0n, ledger.scaleOf(asset));
      const sum = [...byKind.values()].reduce((total, units) => total + units, 0n);
      return {
        asset,
        clients: of('clients'),
        debts: of('debts'),
        pools: of('pools'),
        house: of('house'),
        venues: of('venues'),
        outside: of('outside'),
        sum: formatUnits(sum, ledger.scaleOf(asset)),
      };
    });
};
