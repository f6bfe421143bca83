import type { Effect, Envelope, LeaderLock, Transport } from '@plinth/eventing';
import { countFailedEffect, countTakeover, recordFold } from '../telemetry/instruments.ts';
import { traceEffect } from '../telemetry/spans.ts';
import { pause } from '../transport/pause.ts';
import { LIMITS } from './limits.ts';
import { Fenced, isPassing } from './host-failures.ts';
import type { Dispatch, ServiceHost } from './service-host.ts';

export type FreeRunPorts = Readonly<{
  transport: Transport;
  lock: LeaderLock;
  /** Told of a failed background effect: its outcome stays unknown until the service asks again. */
  onEffectFailed: (effect: Effect, error: unknown) => void;
  /** The last snapshot, at a stop, could not be kept: the next start takes an older one. */
  onSnapshotFailed?: (error: unknown) => void;
  /** Told of a fault that passes, such as a database that is away: what it hindered is tried again. */
  onPassing?: (error: unknown) => void;
  /** Told when this replica begins to react, and when it no longer does. */
  onLeading?: (isLeading: boolean) => void;
}>;

/**
 * Pause between two looks at whether something is due: at least the first, at most the second. What has just
 * been folded may have made something due earlier, so it ends the longer one.
 */
const TIMER_MS = 20;
const TIMER_MAX_MS = 500;
/** How long decisions wait for each other before they are recorded, at the most. */
const RUN_MS = 10;
/** How often a leader looks whether it still is. */
const LOCK_WATCH_MS = 200;
/** Pause before what a passing fault has hindered is tried again, doubling from the first to the last. */
const RETRY_MS = 50;
const RETRY_MAX_MS = 1_000;

/**
 * One service at its own pace: every replica folds what the transport brings, the leader reacts. Effects run
 * in the background, bounded; their outcomes come back as decisions of their own.
 */
export class FreeRunner {
  readonly host: ServiceHost;
  readonly #ports: FreeRunPorts;
  readonly #inFlight = new Set<Promise<void>>();
  #leading = false;
  #resolved = false;
  #interrupt = new AbortController();
  #wakeTimer: (() => void) | undefined;

  constructor(host: ServiceHost, ports: FreeRunPorts) {
    this.host = host;
    this.#ports = ports;
  }

  get isLeading(): boolean {
    return this.#leading;
  }

  /** Effects that have no outcome yet. */
  get effectsUnderway(): number {
    return this.#inFlight.size;
  }

  /** Runs until the signal aborts, or until the service must stop (poison event): then it rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const lock = this.#keepLock(both);
    const timer = this.#runTimer(both);
    for (const part of [lock, timer]) part.catch(() => stop.abort());
    this.host.isFollowing = true;
    try {
      while (!both.aborted) await this.#patiently(both, () => this.#follow(both));
    } finally {
      stop.abort();
      this.host.isFollowing = false;
      await this.#keepLastSnapshot();
      this.#setLeading(false);
      await Promise.allSettled([...this.#inFlight, timer, lock]);
    }
    if (!signal.aborted) await Promise.all([timer, lock]);
  }

  /** Asks for the lock, and again whenever it was lost: a leader that was paused stands by afterwards. */
  async #keepLock(signal: AbortSignal): Promise<void> {
    const { lock } = this.#ports;
    while (!signal.aborted) {
      await lock.acquire(signal);
      this.#interrupt.abort();
      while (!signal.aborted && lock.isHeld) await pause(LOCK_WATCH_MS, signal);
      // At a stop it is still held: the last snapshot is the leader's to keep.
      if (!lock.isHeld) this.#setLeading(false);
    }
  }

  #setLeading(isLeading: boolean): void {
    if (this.#leading === isLeading) return;
    this.#leading = isLeading;
    this.#ports.onLeading?.(isLeading);
  }

  /**
   * What this replica thought it led is not its own, or not for certain. When it holds the lock after all it
   * begins again from the stored checkpoint.
   */
  #standDown(): void {
    this.#setLeading(false);
    this.#interrupt.abort();
  }

  /** Runs something until it succeeds, with a pause after each passing fault; any other one is thrown. */
  async #patiently(signal: AbortSignal, run: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await run();
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (signal.aborted) return;
        this.#ports.onPassing?.(error);
        await pause(Math.min(RETRY_MS * 2 ** attempt, RETRY_MAX_MS), signal);
      }
    }
  }

  /** Follows the log until the end, or until leadership came or asks for the views to be folded again. */
  async #follow(signal: AbortSignal): Promise<void> {
    this.#interrupt = new AbortController();
    const until = AbortSignal.any([signal, this.#interrupt.signal]);
    if (this.#ports.lock.isHeld && !this.#leading) await this.#lead();
    if (this.host.last === 0n) await this.host.restore(await this.host.checkpoint());
    if (this.#leading) await this.#resolveUnknown(signal);
    for await (const batch of this.#ports.transport.subscribe(this.host.last, until)) {
      try {
        await this.#take(batch, until, signal);
      } finally {
        // Before an event at which the service stops everything is done as it would be without it.
        await this.#record(signal);
      }
      if (until.aborted) return;
      this.#wakeTimer?.();
      if (this.#leading && this.host.isSnapshotDue('running')) await this.#keepSnapshot();
    }
  }

  /** Folds events and decides on them; what waits too long, or is too much, is recorded on the way. */
  async #take(batch: readonly Envelope[], until: AbortSignal, signal: AbortSignal): Promise<void> {
    let [foldMs, sinceMs] = [0, performance.now()];
    for (const event of batch) {
      if (until.aborted) return;
      const startedMs = performance.now();
      this.host.fold(event);
      foldMs += performance.now() - startedMs;
      if (!this.#ports.lock.isHeld) this.#setLeading(false);
      if (!this.#leading) continue;
      if (this.host.waiting === 0) sinceMs = startedMs;
      await this.#reactTo(event, signal);
      const isLong = performance.now() - sinceMs >= RUN_MS || this.host.waiting >= LIMITS.decisionsPerRunMax;
      if (this.host.waiting > 0 && isLong) await this.#record(signal);
      await this.#resolveUnknown(signal);
    }
    recordFold({ service: this.host.name }, foldMs);
  }

  async #keepSnapshot(): Promise<void> {
    try {
      await this.host.keepSnapshot();
    } catch (error) {
      if (error instanceof Fenced) return this.#standDown();
      if (!isPassing(error)) throw error;
      // The next one is as good; a checkpoint of which nobody knows whether it was stored is found out then.
      this.#ports.onSnapshotFailed?.(error);
    }
  }

  /** So that the next start has little to fold. Whatever stops this must not hide why the run has ended. */
  async #keepLastSnapshot(): Promise<void> {
    try {
      if (this.#leading && this.host.isSnapshotDue('stopping')) await this.#keepSnapshot();
      await this.host.snapshotStored();
    } catch (error) {
      this.#ports.onSnapshotFailed?.(error);
    }
  }

  #reactTo(event: Envelope, signal: AbortSignal): Promise<void> {
    return this.#asLeader(signal, (dispatch) => this.host.decide(event, signal, dispatch));
  }

  #record(signal: AbortSignal): Promise<void> {
    return this.#asLeader(signal, (dispatch) => this.host.record(signal, dispatch));
  }

  /** A passing fault is waited for here for as long as this replica leads. */
  async #asLeader(signal: AbortSignal, run: (dispatch: Dispatch) => Promise<void>): Promise<void> {
    if (!this.#leading) return;
    const dispatch: Dispatch = (effect, traceparent) => this.#dispatch(effect, traceparent, signal);
    try {
      await this.#patiently(signal, async () => {
        if (this.#ports.lock.isHeld) await run(dispatch);
        else this.#standDown();
      });
    } catch (error) {
      if (!(error instanceof Fenced)) throw error;
      // Another leader was first.
      this.#standDown();
    }
  }

  /**
   * A decision is a function of the log up to its event: views that are ahead of the checkpoint are folded
   * again.
   */
  async #lead(): Promise<void> {
    await this.host.takeOver();
    if (this.host.reacted < this.host.last) this.host.resetViews();
    this.#resolved = false;
    countTakeover({ service: this.host.name });
    this.#setLeading(true);
  }

  /**
   * Once per leadership, when the views stand where the last leader stopped: asks for outcomes that the log
   * does not know.
   */
  async #resolveUnknown(signal: AbortSignal): Promise<void> {
    if (this.#resolved || this.host.last < this.host.reacted) return;
    this.#resolved = true;
    this.#wakeTimer?.();
    for (const effect of this.host.definition.unresolved?.(this.host.views) ?? []) {
      await this.#dispatch(effect, undefined, signal);
    }
  }

  async #dispatch(effect: Effect, traceparent: string | undefined, signal: AbortSignal): Promise<void> {
    while (this.#inFlight.size >= LIMITS.effectsInFlightMax) await Promise.race(this.#inFlight);
    const run = this.#perform(effect, traceparent, signal).finally(() => this.#inFlight.delete(run));
    this.#inFlight.add(run);
  }

  async #perform(effect: Effect, traceparent: string | undefined, signal: AbortSignal): Promise<void> {
    const service = this.host.name;
    try {
      await traceEffect(service, effect, traceparent, async () => {
        const intents = await this.host.perform(effect, signal);
        await this.#patiently(signal, () => this.host.recordOutcome(effect, intents));
      });
    } catch (error) {
      if (signal.aborted) return;
      countFailedEffect({ service, effect: effect.effect });
      this.#ports.onEffectFailed(effect, error);
    }
  }

  get #isActing(): boolean {
    return this.#leading && this.#resolved;
  }

  async #runTimer(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#patiently(signal, async () => {
        if (this.#isActing) await this.host.fireTimer();
      });
      await pause(TIMER_MS, signal);
      const dueInMs = this.#isActing ? this.host.dueInMs() : TIMER_MAX_MS;
      if (dueInMs > 0)
        await pause(Math.min(dueInMs, TIMER_MAX_MS), signal, (wake) => (this.#wakeTimer = wake));
      this.#wakeTimer = undefined;
    }
  }
}
