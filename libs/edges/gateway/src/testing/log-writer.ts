import type { EventData, EventType } from '@plinth/messages';
import type { MemoryLog, NewEvent, StreamId } from '@plinth/eventing';

const FIGURES = {
  ...{ equity: '10', initialMargin: '5', maintenanceMargin: '4', asOf: 1n, marksRound: 1 },
  ...{ parametersVersion: 1, bindingScenario: 0 },
};

/** Appends events to a log as their services would. */
export class LogWriter {
  readonly #log: MemoryLog;
  readonly #versions = new Map<StreamId, number>();
  #count = 0;

  constructor(log: MemoryLog) {
    this.#log = log;
  }

  /** Gives the position of the event. */
  async append<K extends EventType>(stream: StreamId, type: K, data: EventData<K>): Promise<bigint> {
    const version = this.#versions.get(stream) ?? 0;
    this.#versions.set(stream, version + 1);
    this.#count += 1;
    const id = `00000000-0000-7000-8000-${this.#count.toString(16).padStart(12, '0')}`;
    const event = { type, data, id } as unknown as NewEvent & Readonly<{ id: string }>;
    const result = await this.#log.append({
      appends: [{ stream, expectedVersion: version, events: [event] }],
      cause: { correlationId: 'c', causationId: 'c', actor: 'test' },
      occurredAt: 1_000 + this.#count,
    });
    if (result.status !== 'appended') throw new Error(`Expected to append, was ${result.status}`);
    return result.last;
  }

  fill(accountId: string, n: number): Promise<bigint> {
    return this.append(`account-${accountId}`, 'FillBooked', {
      ...{ accountId, orderId: `o${n}`, childId: `o${n}.1`, fillId: `f${n}`, venueId: 'alpha' },
      ...{ instrumentId: 'BTC-PERP', side: 'buy', quantity: '1', price: '100', fee: '0.1', feeAsset: 'USD' },
      ...{ realisedProfit: '0', positionQuantity: '1', entryPrice: '100', entryCost: '100' },
      ...{ subAccountId: '', postings: [] },
    });
  }

  /** What no stream tells anybody. */
  noise(n: number): Promise<bigint> {
    return this.append('asset-XX', 'AssetListed', { asset: `A${n}`, scale: 2, kind: 'coin', chains: [] });
  }

  open(accountId: string, clientId: string): Promise<bigint> {
    return this.append(`account-${accountId}`, 'AccountOpened', { accountId, clientId, name: '' });
  }

  state(accountId: string, fromState: string, toState: string): Promise<bigint> {
    return this.append(`margin-${accountId}`, 'MarginStateChanged', {
      ...{ accountId, fromState, toState, figures: FIGURES },
    });
  }

  call(accountId: string, callId: string): Promise<bigint> {
    return this.append(`margin-${accountId}`, 'MarginCalled', {
      ...{ accountId, callId, amount: '7', deadlineMs: 99_000, figures: FIGURES, defaultProbability: '' },
    });
  }

  cure(accountId: string, callId: string): Promise<bigint> {
    return this.append(`margin-${accountId}`, 'MarginCallCured', { accountId, callId });
  }

  place(clientId: string, cell: string): Promise<bigint> {
    return this.append(`client-${clientId}`, 'ClientPlaced', { clientId, cell });
  }

  revoke(clientId: string, keyId: string): Promise<bigint> {
    return this.append(`client-${clientId}`, 'ApiKeyRevoked', { clientId, keyId });
  }
}
