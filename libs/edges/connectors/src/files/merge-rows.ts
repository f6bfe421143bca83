/** The smallest part of a row that an order in time needs. */
export type Timed = Readonly<{ atMs: number }>;

type Head<Row> = { row: Row; readonly rank: number; readonly rest: Iterator<Row> };

const isBefore = <Row extends Timed>(a: Head<Row>, b: Head<Row>): boolean =>
  a.row.atMs < b.row.atMs || (a.row.atMs === b.row.atMs && a.rank < b.rank);

/** Moves the head at `index` down the heap to its place. */
const sink = <Row extends Timed>(heap: Head<Row>[], index: number): void => {
  for (let at = index; ;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && isBefore(heap[child] as Head<Row>, heap[least] as Head<Row>)) least = child;
    }
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least] as Head<Row>, heap[at] as Head<Row>];
    at = least;
  }
};

/**
 * Rows of many series in the order of their time; at one time in the order of the series. Each series must
 * not fall in time. Holds one row per series; closes every series when it stops early.
 */
export function* mergeByTime<Row extends Timed>(series: readonly Iterable<Row>[]): Generator<Row> {
  const heap: Head<Row>[] = [];
  try {
    for (const [rank, rows] of series.entries()) {
      const rest = rows[Symbol.iterator]();
      const first = rest.next();
      if (first.done !== true) heap.push({ row: first.value, rank, rest });
    }
    for (let index = heap.length >> 1; index >= 0; index--) sink(heap, index);
    for (let head = heap[0]; head !== undefined; head = heap[0]) {
      yield head.row;
      const next = head.rest.next();
      if (next.done === true) {
        const last = heap.pop() as Head<Row>;
        if (heap.length > 0) heap[0] = last;
      } else head.row = next.value;
      sink(heap, 0);
    }
  } finally {
    for (const head of heap) head.rest.return?.();
  }
}
