import { status as grpc } from '@grpc/grpc-js';
import { Retryable } from '@plinth/eventing';
import { GrpcError } from '@plinth/runtime/grpc';
import { OPERATOR, type Caller } from '../auth/authenticator.ts';
import { METADATA } from '../auth/signing.ts';
import { BoundedMap } from '../bounded-map.ts';
import { LIMITS } from '../limits.ts';
import type { GatewayMethod } from '../server/methods.ts';
import type { Cell, Cells } from './cells.ts';

type Request = Readonly<Record<string, unknown>>;

/** Ids that a cell knows or does not know, by the field of a request; the query that tells. */
const QUESTIONS = [
  { field: 'accountId', query: 'GetAccount' },
  { field: 'orderId', query: 'GetOrder' },
  { field: 'liquidationId', query: 'GetLiquidation' },
] as const;

type Question = Readonly<{ field: string; query: string }>;

const PRODUCT_ORDER: Question = { field: 'orderId', query: 'GetProductOrder' };

const refusal = (code: grpc, reason: string, message: string, cells: readonly Cell[]): GrpcError =>
  new GrpcError(code, reason, message, {
    field: METADATA.cell,
    facts: { cells: cells.map(({ id }) => id).join(',') },
  });

/**
 * Which cell, or which cells, a call goes to. A client's calls go to its cell. An operator's go to the cell
 * that is named, else to that of the client in the request, else to the one that knows the id in it.
 */
export class CellRouter {
  readonly #cells: Cells;
  /** Cell of accounts, orders and liquidations that were asked for: none ever moves. */
  readonly #known = new BoundedMap<string, Cell>(LIMITS.cachedOwnersMax);

  constructor(cells: Cells) {
    this.#cells = cells;
  }

  /** More than one for a list of all cells only. `named` is empty when the caller names none. */
  async route(
    caller: Pick<Caller, 'tenant'>,
    method: GatewayMethod,
    request: Request,
    named: string,
    signal: AbortSignal,
  ): Promise<readonly [Cell, ...Cell[]]> {
    const cells = this.#cells;
    if (caller.tenant !== OPERATOR) {
      const own = cells.ofClient(caller.tenant);
      if (named !== '' && named !== own.id) throw this.#unknown();
      return [own];
    }
    const cell = cells.named(named);
    if (cell !== undefined) return [cell];
    if (named !== '') throw this.#unknown();
    return cells.areSeveral ? this.#ofOperator(method, request, signal) : [cells.home];
  }

  /** What has just been made is asked for next. */
  remember(request: Request, cell: Cell): void {
    if (!this.#cells.areSeveral) return;
    for (const { field, query } of QUESTIONS) {
      const id = request[field];
      if (typeof id === 'string' && id !== '') this.#known.set(`${query} ${id}`, cell);
    }
  }

  async #ofOperator(
    method: GatewayMethod,
    request: Request,
    signal: AbortSignal,
  ): Promise<readonly [Cell, ...Cell[]]> {
    const { clientId, accountIds } = request;
    if (typeof clientId === 'string' && clientId !== '' && method.rule.spread !== 'placed')
      return [this.#cells.ofClient(clientId)];
    for (const question of QUESTIONS) {
      const id = request[question.field];
      if (typeof id !== 'string' || id === '') continue;
      const asked = method.name === 'GetProductOrder' ? PRODUCT_ORDER : question;
      return [await this.#knowing(asked, id, method.rule.kind === 'command', signal)];
    }
    if (Array.isArray(accountIds) && accountIds.length > 0)
      return [await this.#ofAccounts(accountIds as readonly string[], signal)];
    const { home, all } = this.#cells;
    const { spread } = method.rule;
    if (spread !== undefined) return spread === 'merged' ? (all as readonly [Cell, ...Cell[]]) : [home];
    throw refusal(
      grpc.INVALID_ARGUMENT,
      'CELL_MISSING',
      `Expected ${METADATA.cell} to name the cell that is meant: ${all.map(({ id }) => id).join(', ')}`,
      all,
    );
  }

  async #ofAccounts(accountIds: readonly string[], signal: AbortSignal): Promise<Cell> {
    const found = new Set<Cell>();
    for (const id of accountIds) found.add(await this.#knowing(QUESTIONS[0], id, false, signal));
    const [first = this.#cells.home] = found;
    if (found.size <= 1) return first;
    throw refusal(
      grpc.INVALID_ARGUMENT,
      'CELLS_SEVERAL',
      'Expected account_ids of one cell: open a stream for each cell',
      [...found],
    );
  }

  /**
   * The one cell that knows an id; the home cell, which will say so, when none does. A command is sent only
   * when every cell has answered, for another one might know the same id.
   */
  async #knowing(question: Question, id: string, isCommand: boolean, signal: AbortSignal): Promise<Cell> {
    const key = `${question.query} ${id}`;
    const kept = this.#known.get(key);
    if (kept !== undefined) return kept;
    const { all, home } = this.#cells;
    let silent = 0;
    const answers = await Promise.all(
      all.map(async ({ client }) => {
        try {
          const request = { [question.field]: id, read: undefined };
          return (await client.query(question.query, request, signal)).status === 'answered';
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof Retryable)) throw error;
          silent += 1;
          return false;
        }
      }),
    );
    const found = all.filter((_, i) => answers[i] === true);
    if (found.length > 1) {
      const names = found.map((cell) => cell.id).join(', ');
      const message = `Expected ${METADATA.cell} to name the cell that is meant: the id is known in ${names}`;
      throw refusal(grpc.INVALID_ARGUMENT, 'CELL_MISSING', message, found);
    }
    const [cell] = found;
    if (silent > 0 && (isCommand || cell === undefined))
      throw new Retryable('Expected every cell to be reachable: name the cell, or wait and send again');
    if (cell === undefined) return home;
    if (silent === 0) this.#known.set(key, cell);
    return cell;
  }

  #unknown(): GrpcError {
    // A client learns of no other cell than its own.
    return new GrpcError(
      grpc.INVALID_ARGUMENT,
      'CELL_UNKNOWN',
      `Expected ${METADATA.cell} to be a cell behind this gateway, or left out`,
      { field: METADATA.cell },
    );
  }
}
