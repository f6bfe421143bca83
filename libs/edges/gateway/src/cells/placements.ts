import { refill, type Envelope } from '@plinth/eventing';

/** The directory: in which cell each client is that is not simply in the home cell. Folded from its log. */
export class Placements {
  readonly name = 'placements';
  readonly revision = 1;
  readonly #cells = new Map<string, string>();

  apply(event: Envelope): void {
    if (event.type === 'ClientPlaced') this.#cells.set(event.data.clientId, event.data.cell);
  }

  of(clientId: string): string | undefined {
    return this.#cells.get(clientId);
  }

  /** Clients that were placed in a cell. */
  countIn(cell: string): number {
    let count = 0;
    for (const one of this.#cells.values()) if (one === cell) count += 1;
    return count;
  }

  dump() {
    return { cells: this.#cells };
  }

  load({ cells }: ReturnType<Placements['dump']>): void {
    refill(this.#cells, cells);
  }

  reset(): void {
    this.#cells.clear();
  }
}
