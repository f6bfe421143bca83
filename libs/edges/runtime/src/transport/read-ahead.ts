type Read<Event> = (after: bigint, limit: number) => Promise<readonly Event[]>;

/**
 * Reads one run of the log after the other. Behind a full one there is more: it is read while whoever asked
 * works on the one before. Holds at most one run.
 */
export class ReadAhead<Event extends Readonly<{ position: bigint }>> {
  readonly #read: Read<Event>;
  #ahead: Readonly<{ after: bigint; limit: number; reading: Promise<readonly Event[]> }> | undefined;

  constructor(read: Read<Event>) {
    this.#read = read;
  }

  /** Events with position > `after`, in order, at most `limit`. A failure is of this run alone. */
  async read(after: bigint, limit: number): Promise<readonly Event[]> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const isNext = ahead?.after === after && ahead.limit === limit;
    let events = await (isNext ? ahead.reading : this.#read(after, limit));
    // That there is nothing was read before it was asked.
    if (isNext && events.length === 0) events = await this.#read(after, limit);
    const last = events.at(-1);
    if (last === undefined || events.length < limit) return events;
    const reading = this.#read(last.position, limit);
    // Whoever asks for it gets the error; when nobody does nobody needs it.
    reading.catch(() => undefined);
    this.#ahead = { after: last.position, limit, reading };
    return events;
  }
}
