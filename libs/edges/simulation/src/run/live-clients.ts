import type { CellClient } from '@plinth/runtime';
import { ClientBehaviour } from '../driver/behaviour.ts';
import type { ObserverViews } from '../driver/observer.ts';
import { clientSteps, type ScriptedCommand } from '../driver/opening.ts';
import type { PlannedAccount } from '../driver/population.ts';
import type { Refusal } from '../driver/scenario-driver.ts';
import type { MarketFeed } from '../market/market-feed.ts';

export type LiveClientsPorts = Readonly<{
  feed: MarketFeed;
  accounts: readonly PlannedAccount[];
  seed: number;
  /** Makes the commands of this run different from those of any other. */
  runId: string;
  cell: Pick<CellClient, 'command'>;
  /** The log as it is: what clients see of their own accounts. */
  views: ObserverViews;
}>;

/** Commands under way at once: a cell of several processes answers many at a time. */
const AT_ONCE = 16;
const REFUSALS_KEPT = 1_000;

/**
 * The clients of a scenario at a broker that runs at its own pace: what they send depends on the moment at
 * which they look, so no two runs are alike, and every one must keep the invariants.
 */
export class LiveClients {
  readonly #ports: LiveClientsPorts;
  readonly #behaviour: ClientBehaviour;
  readonly refusals: Refusal[] = [];
  sent = 0;
  refused = 0;
  /** Commands whose outcome nobody knows; they are in the log or they are not, never half. */
  unknown = 0;

  constructor(ports: LiveClientsPorts) {
    this.#ports = ports;
    this.#behaviour = new ClientBehaviour(ports.feed, ports.accounts, ports.seed, ports.views);
  }

  /** Clients, accounts and money; gives the last position it came to. */
  async open(): Promise<bigint> {
    let last = 0n;
    for (const [n, step] of clientSteps(this.#ports.accounts).entries()) {
      const reached = await this.#sendAll(-1 - n, step);
      last = reached > last ? reached : last;
    }
    return last;
  }

  /** What the clients do at a tick. */
  async act(tick: number): Promise<void> {
    await this.#sendAll(tick, this.#behaviour.commandsAt(tick));
  }

  async #sendAll(tick: number, commands: readonly ScriptedCommand[]): Promise<bigint> {
    let last = 0n;
    for (let from = 0; from < commands.length; from += AT_ONCE) {
      const part = commands.slice(from, from + AT_ONCE);
      const positions = await Promise.all(part.map((command, n) => this.#send(tick, from + n, command)));
      for (const position of positions) if (position > last) last = position;
    }
    return last;
  }

  async #send(tick: number, n: number, { name, request, tenant }: ScriptedCommand): Promise<bigint> {
    const sender = { tenant, actor: 'client:scenario', requestId: `${this.#ports.runId}.${tick}.${n}` };
    this.sent += 1;
    try {
      const answer = await this.#ports.cell.command(name, request, sender);
      if (answer.status === 'accepted') return answer.position;
      const { code, message } = answer.rejection;
      this.#keep({ step: tick, command: name, code, message });
    } catch (error) {
      this.unknown += 1;
      const message = error instanceof Error ? error.message : String(error);
      this.#keep({ step: tick, command: name, code: 'NO_ANSWER', message });
    }
    return 0n;
  }

  #keep(refusal: Refusal): void {
    this.refused += 1;
    if (this.refusals.length < REFUSALS_KEPT) this.refusals.push(refusal);
  }
}
