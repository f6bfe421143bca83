import { refill, type Envelope } from '@plinth/eventing';
import type { gatewayMessages } from '@plinth/messages';

export type AccountMargin = gatewayMessages.AccountMargin;

export const healthyMargin = (accountId: string): AccountMargin => ({
  ...{ accountId, state: 'healthy', figures: undefined },
  ...{ callId: '', callAmount: '', callDeadlineMs: 0 },
});

const NO_CALL = { callId: '', callAmount: '', callDeadlineMs: 0 } as const;

/**
 * Each account's state, figures and call as the log last said them. Accounts of which it said nothing are
 * healthy.
 */
export class MarginStates {
  readonly name = 'margin-states';
  readonly revision = 1;
  readonly #states = new Map<string, AccountMargin>();

  of(accountId: string): AccountMargin | undefined {
    return this.#states.get(accountId);
  }

  /** In the order in which they were first heard of. */
  notHealthy(): readonly AccountMargin[] {
    return [...this.#states.values()].filter(({ state }) => state !== 'healthy');
  }

  /** The account's margin after the event; undefined when the event is not about margin. */
  apply(event: Envelope): AccountMargin | undefined {
    switch (event.type) {
      case 'MarginStateChanged': {
        const { accountId, toState: state, figures } = event.data;
        return this.#set({ ...this.#now(accountId), state, figures });
      }
      case 'MarginCalled': {
        const { accountId, callId, amount: callAmount, deadlineMs: callDeadlineMs, figures } = event.data;
        return this.#set({ ...this.#now(accountId), callId, callAmount, callDeadlineMs, figures });
      }
      case 'MarginCallCured':
      case 'MarginCallEscalated':
        return this.#set({ ...this.#now(event.data.accountId), ...NO_CALL });
      default:
        return undefined;
    }
  }

  dump() {
    return { states: this.#states };
  }

  load({ states }: ReturnType<MarginStates['dump']>): void {
    refill(this.#states, states);
  }

  reset(): void {
    this.#states.clear();
  }

  #now(accountId: string): AccountMargin {
    return this.#states.get(accountId) ?? healthyMargin(accountId);
  }

  #set(margin: AccountMargin): AccountMargin {
    this.#states.set(margin.accountId, margin);
    return margin;
  }
}
