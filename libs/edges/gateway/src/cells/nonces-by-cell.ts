import { status as grpc } from '@grpc/grpc-js';
import { GrpcError } from '@plinth/runtime/grpc';
import type { Claim, Nonce, NonceStore } from '../auth/nonce-store.ts';
import type { Cells } from './cells.ts';

/**
 * Nonces of a client's keys stand beside the log of its cell, so that a cell that is down stops its own
 * clients only.
 */
export class NoncesByCell implements NonceStore {
  readonly #cells: Cells;
  readonly #stores: ReadonlyMap<string, NonceStore>;

  constructor(cells: Cells, stores: ReadonlyMap<string, NonceStore>) {
    this.#cells = cells;
    this.#stores = stores;
  }

  take(nonce: Nonce, nowMs: number): Claim {
    return this.#storeOf(nonce).take(nonce, nowMs);
  }

  keep(nonce: Nonce, isRead: boolean, nowMs: number): Promise<boolean> {
    return this.#storeOf(nonce).keep(nonce, isRead, nowMs);
  }

  #storeOf({ keyId }: Nonce): NonceStore {
    const { id } = this.#cells.ofOwnName(keyId);
    const store = this.#stores.get(id);
    if (store === undefined)
      throw new GrpcError(grpc.UNAVAILABLE, 'CELL_UNREACHABLE', `cell ${id} keeps no nonces here`);
    return store;
  }
}
