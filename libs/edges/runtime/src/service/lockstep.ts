import type { EventLog } from '@plinth/eventing';
import { assert, toSafeInteger } from '@plinth/money';
import { LIMITS } from './limits.ts';
import type { ServiceHost } from './service-host.ts';

/**
 * Drives all services over one log in a fixed order, one event at a time: every service folds the event, then
 * every service reacts to it, then the next event. The log is so a pure function of the inputs, also across a
 * crash: the stored checkpoints say which services have reacted to which event, and the rest is done again
 * under the same ids.
 */
export class Lockstep {
  readonly hosts: readonly ServiceHost[];
  readonly #log: EventLog;
  #position = 0n;

  constructor(log: EventLog, hosts: readonly ServiceHost[]) {
    this.#log = log;
    this.hosts = hosts;
  }

  get position(): bigint {
    return this.#position;
  }

  /** Reads the checkpoints; the folds start from the first event. */
  async start(): Promise<void> {
    for (const host of this.hosts) await host.takeOver();
  }

  /**
   * Folds the log up to `position` without reacting: the fast part of a restart. From the newest snapshots
   * up to there, when there are any.
   */
  async foldTo(position: bigint, signal: AbortSignal): Promise<void> {
    if (this.#position === 0n) {
      for (const host of this.hosts) await host.restore(position);
      // The one that is furthest behind has to be given everything after it.
      this.#position = this.hosts.reduce((least, { last }) => (last < least ? last : least), position);
    }
    while (this.#position < position && !signal.aborted) {
      const left = position - this.#position;
      const limit = left < BigInt(LIMITS.readBatchMax) ? toSafeInteger(left) : LIMITS.readBatchMax;
      const events = await this.#log.read(this.#position, limit);
      assert(events.length > 0, () => `Expected the log to reach position ${position}`);
      for (const event of events) {
        for (const host of this.hosts) if (event.position > host.last) host.fold(event);
        this.#position = event.position;
      }
    }
  }

  /**
   * Goes on until no event is left to fold and no service has anything to say. Returns how many events it
   * went through.
   */
  async settle(signal: AbortSignal): Promise<number> {
    let count = 0;
    for (;;) {
      const events = await this.#log.read(this.#position, LIMITS.readBatchMax);
      if (events.length === 0) {
        // Nothing may react again to what is settled: by then commands from outside may have moved the
        // streams on.
        await Promise.all(this.hosts.map((host) => host.storeCheckpoint()));
        for (const host of this.hosts) if (host.isSnapshotDue('running')) await host.keepSnapshot();
        return count;
      }
      for (const event of events) {
        for (const host of this.hosts) host.fold(event);
        for (const host of this.hosts) await host.react(event, signal);
        this.#position = event.position;
        count += 1;
        if (signal.aborted) return count;
      }
    }
  }

  /** Keeps snapshots at a stop, and waits until they are stored. */
  async stop(): Promise<void> {
    for (const host of this.hosts) {
      if (host.isSnapshotDue('stopping')) await host.keepSnapshot();
      await host.snapshotStored();
    }
  }

  /**
   * Fires what is due first (then in the services' order: it does not depend on where a crash cut it) and
   * says whether there was anything. The caller settles and asks again.
   */
  async fireNext(): Promise<boolean> {
    return (await this.#earliestDue()?.fireTimer()) ?? false;
  }

  #earliestDue(): ServiceHost | undefined {
    let earliest: ServiceHost | undefined;
    let least = Infinity;
    for (const host of this.hosts) {
      const due = host.nextDue() ?? Infinity;
      if (due >= least) continue;
      least = due;
      earliest = host;
    }
    return earliest;
  }
}
