type Row = Readonly<{ atMs: number; venueId: string; instrumentId: string }>;

/**
 * The rows of one venue's series of one instrument, in order of time, and the one that was last known at a
 * time.
 */
export class SeriesReader<R extends Row> {
  readonly venueId: string;
  readonly instrumentId: string;
  readonly rows: readonly R[];

  private constructor(venueId: string, instrumentId: string, rows: readonly R[]) {
    this.venueId = venueId;
    this.instrumentId = instrumentId;
    this.rows = rows;
  }

  /** One reader per venue and instrument, in the order of their first rows. */
  static split<R extends Row>(rows: readonly R[]): readonly SeriesReader<R>[] {
    const groups = new Map<string, R[]>();
    for (const row of rows) {
      const key = `${row.venueId} ${row.instrumentId}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
    return [...groups.values()].map((group) => {
      const first = group[0] as R;
      return new SeriesReader(first.venueId, first.instrumentId, group);
    });
  }

  get firstMs(): number {
    return this.rows[0]?.atMs ?? 0;
  }

  get lastMs(): number {
    return this.rows.at(-1)?.atMs ?? 0;
  }

  /** The last row known at `atMs`. */
  at(atMs: number): R | undefined {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.rows[middle] as R).atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.rows[low - 1];
  }
}
