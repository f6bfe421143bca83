import { status as grpc } from '@grpc/grpc-js';
import { assert } from '@plinth/money';
import type { CellClient } from '@plinth/runtime';
import { GrpcError } from '@plinth/runtime/grpc';
import type { Proofs } from '../proofs/proofs.ts';
import type { LogFeed } from '../streams/log-feed.ts';

/** One cell behind the gateway. */
export type Cell = Readonly<{
  id: string;
  /** Whether new clients may be placed there. */
  takesClients: boolean;
  client: CellClient;
  feed: LogFeed;
  proofs: Proofs;
}>;

/**
 * The cells of the house, and which of them a client is in. A client that was never placed is in the home
 * cell, or nowhere: there it is asked for, so that an unknown client is answered as if there were one cell.
 */
export class Cells {
  readonly home: Cell;
  readonly all: readonly Cell[];
  readonly #byId: ReadonlyMap<string, Cell>;

  /** The home cell first. */
  constructor(all: readonly Cell[]) {
    const [home] = all;
    assert(home !== undefined, 'Expected at least one cell');
    this.home = home;
    this.all = all;
    this.#byId = new Map(all.map((cell) => [cell.id, cell]));
    assert(this.#byId.size === all.length, 'Expected every cell once');
  }

  get areSeveral(): boolean {
    return this.all.length > 1;
  }

  named(id: string): Cell | undefined {
    return this.#byId.get(id);
  }

  ofClient(clientId: string): Cell {
    if (!this.areSeveral) return this.home;
    const id = this.home.feed.placements.of(clientId);
    if (id === undefined) return this.home;
    const cell = this.#byId.get(id);
    if (cell !== undefined) return cell;
    const message = `this gateway does not know cell ${id}, where the client is: ask another one`;
    throw new GrpcError(grpc.UNAVAILABLE, 'CELL_NOT_CONFIGURED', message, { facts: { cell: id } });
  }

  /** Ids of keys and of orders begin with the client's and a point. */
  ofOwnName(name: string): Cell {
    return this.ofClient(name.slice(0, Math.max(0, name.indexOf('.'))));
  }
}
