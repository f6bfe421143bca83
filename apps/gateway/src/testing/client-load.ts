import { GatewayError, type GatewayClient } from '@plinth/gateway';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

type Deposit = Readonly<{ kind: 'deposit'; accountId: string; depositId: string; amount: string }>;
type Transfer = Readonly<{ kind: 'transfer'; accountId: string; transferId: string; toAccountId: string }>;
type Order = Readonly<{ kind: 'order'; accountId: string; orderId: string; side: string }>;
export type ClientCommand = Deposit | Transfer | Order;

/** What a caller was told: the place in the log, or why it was refused. */
export type ClientAnswer = Readonly<{ position: string; id: string }> | Readonly<{ refused: string }>;

export type Acknowledged = Readonly<{ requestId: string; command: ClientCommand; answer: ClientAnswer }>;

const RETRY_MS = 100;
const RETRY_MAX_MS = 3_000;
const CALL_MS = 6_000;
const BANK = 'vault:bank';

const PASSING: readonly string[] = [
  ...['RETRY', 'STORAGE_FULL', 'RATE_LIMITED', 'OVERLOADED', 'STREAM_BUSY'],
  ...['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'CANCELLED'],
];

/** The wire's own failures, and those after which the sender must ask again: never an answer. */
export const isPassing = (error: GatewayError): boolean => error.isUnknown || PASSING.includes(error.reason);

/** One call of a command, under this id. */
export const send = (client: GatewayClient, command: ClientCommand, requestId: string) => {
  const options = { requestId, timeoutMs: CALL_MS };
  switch (command.kind) {
    case 'deposit': {
      const { accountId, depositId, amount } = command;
      const facts = { accountId, subAccountId: '', depositId, asset: 'USD', amount, location: BANK };
      return client.call('Operations', 'CreditDeposit', facts, options);
    }
    case 'transfer': {
      const { accountId, transferId, toAccountId } = command;
      const facts = { accountId, transferId, toAccountId, asset: 'USD', amount: '1' };
      return client.call(
        'Accounts',
        'RequestTransfer',
        { ...facts, fromLocation: BANK, toLocation: '' },
        options,
      );
    }
    case 'order': {
      const { accountId, orderId, side } = command;
      const facts = {
        orderId,
        accountId,
        subAccountId: '',
        instrumentId: 'BTC-PERP',
        side,
        quantity: '0.01',
      };
      const terms = {
        orderType: 'market',
        limitPrice: '',
        timeInForce: 'ioc',
        venues: [],
        reduceOnly: false,
      };
      return client.call('Trading', 'PlaceOrder', { ...facts, ...terms }, options);
    }
  }
};

/** Sends a command until it is answered, every time under the same id. */
export const untilAnswered = async (
  client: () => GatewayClient,
  command: ClientCommand,
  requestId: string,
  met: Map<string, number> = new Map(),
): Promise<ClientAnswer> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { response } = await send(client(), command, requestId);
      return { position: response.position.toString(), id: response.id };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (!isPassing(error)) return { refused: `${error.reason}: ${error.message}` };
      met.set(error.reason, (met.get(error.reason) ?? 0) + 1);
      await sleep(Math.min(RETRY_MS * 2 ** attempt, RETRY_MAX_MS));
    }
  }
};

/** Draws from a seed: the same numbers in every run. */
export const draws = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/**
 * Clients that send money, transfers and orders one after the other. What they are told is on the disk,
 * outside of the cluster, before the next one is sent.
 */
export class ClientLoad {
  readonly met = new Map<string, number>();
  readonly #client: () => GatewayClient;
  readonly #accounts: readonly string[];
  readonly #path: string;
  readonly #file: number;
  #acknowledged = 0;
  #stopping = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(client: () => GatewayClient, accounts: readonly string[], path: string) {
    this.#client = client;
    this.#accounts = accounts;
    this.#path = path;
    this.#file = openSync(path, 'a');
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Each account's caller of one turn; names of two turns never meet. */
  start(turn: string): void {
    this.#stopping = false;
    this.#running = Promise.all(this.#accounts.map((_, n) => this.#call(turn, n)));
    this.#running.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  read(): readonly Acknowledged[] {
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Acknowledged);
  }

  close(): void {
    closeSync(this.#file);
  }

  async #call(turn: string, n: number): Promise<void> {
    const draw = draws(n + 1);
    for (let i = 0; !this.#stopping; i += 1) {
      const command = this.#draw(draw(10), `${turn}${n}-${i}`, n, i);
      const requestId = `${turn}.${n}.${i}`;
      const answer = await untilAnswered(this.#client, command, requestId, this.met);
      writeSync(this.#file, `${JSON.stringify({ requestId, command, answer } satisfies Acknowledged)}\n`);
      fsyncSync(this.#file);
      this.#acknowledged += 1;
    }
  }

  #draw(kind: number, name: string, n: number, i: number): ClientCommand {
    const accountId = this.#accounts[n] ?? '';
    const toAccountId = this.#accounts[(n + 1) % this.#accounts.length] ?? '';
    if (kind < 5) return { kind: 'deposit', accountId, depositId: name, amount: String(1 + (i % 9)) };
    if (kind < 7) return { kind: 'transfer', accountId, transferId: name, toAccountId };
    return { kind: 'order', accountId, orderId: `operator.${name}`, side: i % 2 === 0 ? 'buy' : 'sell' };
  }
}
