/** Money from outside, money moved between two places of an account, a new client. Whole dollars. */
export type LedgerCommand =
  | Readonly<{ kind: 'credit'; accountId: string; depositId: string; amount: number }>
  | Readonly<{ kind: 'move'; accountId: string; moveId: string; from: string; to: string; amount: number }>
  | Readonly<{ kind: 'open'; clientId: string }>;

export const ACCEPTED = 'accepted';

/**
 * What a ledger must answer, in as few words as possible: it shares nothing with the service that it judges.
 */
export class LedgerModel {
  readonly #known = new Set<string>();
  readonly #balances = new Map<string, number>();

  /** `accepted`, or the code of the refusal. */
  apply(command: LedgerCommand): string {
    switch (command.kind) {
      case 'open':
        return this.#first(`client ${command.clientId}`) ? ACCEPTED : 'CLIENT_EXISTS';
      case 'credit': {
        const { accountId, depositId, amount } = command;
        if (!this.#first(`deposit ${accountId} ${depositId}`)) return 'REFERENCE_EXISTS';
        this.#add(accountId, '', amount);
        return ACCEPTED;
      }
      case 'move': {
        const { accountId, moveId, from, to, amount } = command;
        const name = `move ${accountId} ${moveId}`;
        if (this.#known.has(name)) return 'REFERENCE_EXISTS';
        if ((this.#balances.get(`${accountId}/${from}`) ?? 0) < amount) return 'BALANCE_INSUFFICIENT';
        this.#known.add(name);
        this.#add(accountId, from, -amount);
        this.#add(accountId, to, amount);
        return ACCEPTED;
      }
    }
  }

  #first(name: string): boolean {
    if (this.#known.has(name)) return false;
    this.#known.add(name);
    return true;
  }

  #add(accountId: string, place: string, amount: number): void {
    const key = `${accountId}/${place}`;
    this.#balances.set(key, (this.#balances.get(key) ?? 0) + amount);
  }
}
