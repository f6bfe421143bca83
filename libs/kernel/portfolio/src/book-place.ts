import type { Book } from '@plinth/margin';

/** One account of a book. */
export type BookPlace = Readonly<{ book: Book; index: number }>;

export const addTo = ({ book, index }: BookPlace, asset: string, location: string, change: number): void => {
  const row = book.read(index).balances.find((one) => one.asset === asset && one.location === location);
  book.setBalance(index, asset, location, (row?.amount ?? 0) + change);
};
