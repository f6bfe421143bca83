import type { DriverProgress, ObserverViews } from '@plinth/simulation';

/** One line about a run as it goes: accounts by state, calls, liquidations, bad debt, events a second. */
export class LiveLine {
  #at = performance.now();
  #events = 0n;
  #rate = 0;

  text({ events }: DriverProgress, { story }: ObserverViews): string {
    const now = performance.now();
    if (now - this.#at > 1_000) {
      this.#rate = (Number(events - this.#events) * 1_000) / (now - this.#at);
      this.#at = now;
      this.#events = events;
    }
    const states = Object.entries(story.byState()).map(([state, count]) => `${state} ${count}`);
    const calls = `calls ${story.count('MarginCalled')}`;
    const liquidations = `liquidations ${story.count('LiquidationStarted')}`;
    const rate = `${Math.round(this.#rate)} events/s`;
    return [states.join(' '), calls, liquidations, `bad debt ${story.badDebt} USD`, rate].join(' · ');
  }
}
