import type { StreamId } from '@plinth/eventing';
import { Busy } from '@plinth/eventing';
import { LIMITS } from './limits.ts';

/** Gives the turn to the next. */
export type Leave = () => void;

/**
 * Commands on one stream take turns within a process: two that were decided on the same version could not
 * both be appended, so that the later one is decided when the earlier one is. Who comes when too many wait is
 * told so at once. (Other processes are held off by the expected version.)
 */
export class StreamTurns {
  /** Those that wait for a stream, behind the one whose turn it is. */
  readonly #waiting = new Map<StreamId, (() => void)[]>();

  /** Resolves when it is this one's turn on all of them. Throws `Busy` when too many wait for one. */
  async enter(streams: Iterable<StreamId>): Promise<Leave> {
    // One order for everybody, so that no two wait for each other.
    const wanted = [...new Set(streams)].sort();
    for (const stream of wanted) {
      const { length } = this.#waiting.get(stream) ?? [];
      if (length < LIMITS.turnsWaitingMax) continue;
      throw new Busy(
        `Expected fewer commands on ${stream} at once, ${length} are waiting: wait and send again`,
      );
    }
    for (const stream of wanted) {
      const before = this.#waiting.get(stream);
      if (before === undefined) this.#waiting.set(stream, []);
      else await new Promise<void>((resolve) => before.push(resolve));
    }
    return () => {
      for (const stream of wanted) this.#leave(stream);
    };
  }

  #leave(stream: StreamId): void {
    const next = this.#waiting.get(stream)?.shift();
    if (next === undefined) this.#waiting.delete(stream);
    else next();
  }
}
