import { backoffMs, GatewayError, type GatewayClient } from '@plinth/gateway';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCell, prepareClients, setUp, type CellTerms } from './overload-cell.ts';

export type StormTerms = CellTerms &
  Readonly<{
    callers: number;
    /** Commands of each caller: before the log goes away, and again after it is back. */
    commands: number;
    /** The log is away until this resolves. */
    outage: () => Promise<void>;
  }>;

export type StormFigures = Readonly<{
  commands: number;
  /** Sends of all commands in the outage and after it; the most of one command. */
  sends: number;
  mostSends: number;
  /** Answers that were neither an acceptance nor said when to come again. */
  others: readonly string[];
  /** Request ids of what was accepted. */
  accepted: readonly string[];
  outageMs: number;
  /** From the end of the outage until everybody who was waiting had an answer. */
  backMs: number;
}>;

class Callers {
  readonly accepted: string[] = [];
  readonly others: string[] = [];
  sends = 0;
  mostSends = 0;
  readonly #client: GatewayClient;

  constructor(client: GatewayClient) {
    this.#client = client;
  }

  /** One deposit of one caller, sent until it is answered. */
  async once(caller: number, requestId: string): Promise<void> {
    const account = { accountId: `s${caller}`, subAccountId: '', location: 'vault:bank' };
    const deposit = { ...account, depositId: requestId, asset: 'USD', amount: '1' };
    for (let attempt = 0; ; attempt += 1) {
      this.sends += 1;
      this.mostSends = Math.max(this.mostSends, attempt + 1);
      try {
        await this.#client.call('Operations', 'CreditDeposit', deposit, { requestId });
        this.accepted.push(requestId);
        return;
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        if (error.retryAfterMs === undefined && !error.isUnknown) {
          this.others.push(`${error.reason}: ${error.message}`);
          return;
        }
        await sleep(backoffMs(attempt, error.retryAfterMs));
      }
    }
  }
}

/**
 * The log goes away under a crowd of callers, each of whom sends the same command again until it is
 * answered; then it is back, and all of them go on with further ones.
 */
export const runRetryStorm = async (terms: StormTerms): Promise<StormFigures> => {
  const cell = await openCell(terms);
  try {
    await prepareClients(cell, 'storm');
    for (let n = 0; n < terms.callers; n += 1)
      await setUp(cell, 'OpenAccount', { accountId: `s${n}`, clientId: 'storm', name: '' });
    const callers = new Callers(cell.client);
    const turn = (name: string): Promise<unknown> =>
      Promise.all(
        Array.from({ length: terms.callers }, async (_, caller) => {
          for (let n = 0; n < terms.commands; n += 1) await callers.once(caller, `${name}.${caller}.${n}`);
        }),
      );
    await turn('before');
    callers.sends = 0;
    const startedMs = performance.now();
    const away = terms.outage();
    // Everybody has a command under way while the log is gone.
    const waiting = turn('storm');
    await away;
    const outageMs = performance.now() - startedMs;
    await waiting;
    const backMs = performance.now() - startedMs - outageMs;
    const { sends, mostSends } = callers;
    await turn('after');
    const { accepted, others } = callers;
    const commands = 3 * terms.callers * terms.commands;
    return { commands, sends, mostSends, others, accepted, outageMs, backMs };
  } finally {
    await cell.stop();
  }
};
