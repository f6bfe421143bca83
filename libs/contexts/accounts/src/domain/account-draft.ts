import type { NewEvent } from '@plinth/eventing';
import { evolveAccount, type AccountEvent, type AccountState, type Balance } from './account-state.ts';

/** The events of one decision so far, and the state after them. */
export class AccountDraft {
  readonly events: NewEvent<AccountEvent>[] = [];
  #state: AccountState;

  constructor(state: AccountState) {
    this.#state = state;
  }

  get state(): AccountState {
    return this.#state;
  }

  add(event: NewEvent<AccountEvent>): void {
    this.events.push(event);
    this.#state = evolveAccount(this.#state, event);
  }

  /** Balances of an asset that are over (or under) zero, in the order of their ledger accounts' names. */
  balancesOf(asset: string, sign: 1 | -1): readonly Balance[] {
    const found: Balance[] = [];
    for (const balance of this.#state.balances.values()) {
      if (balance.asset === asset && balance.amount > 0n === sign > 0) found.push(balance);
    }
    return found.sort((a, b) => (a.ledgerAccount < b.ledgerAccount ? -1 : 1));
  }
}
