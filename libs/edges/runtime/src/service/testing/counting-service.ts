import {
  defineService,
  refill,
  type Decider,
  type Effect,
  type Envelope,
  type Fold,
  type LeaderLock,
} from '@plinth/eventing';

export type Counter = Readonly<{ symbol: string; scale: number }>;

/** Lists an asset again and again with a higher scale: a counter in disguise. */
const counter: Decider<number, Counter, 'AssetListed', 'DONE'> = {
  initialState: () => 0,
  decide: ({ symbol, scale }, last) =>
    scale <= last ? [] : [{ type: 'AssetListed', data: { asset: symbol, scale, kind: 'coin', chains: [] } }],
  evolve: (_, event) => event.data.scale,
};

export class Last implements Fold {
  readonly name = 'last';
  readonly revision = 1;
  scales = new Map<string, number>();
  dueAtMs: number | undefined;
  apply(event: Envelope): void {
    if (event.type === 'AssetListed') {
      this.scales.set(event.data.asset, event.data.scale);
      if (event.data.asset === 'TIMED') this.dueAtMs = event.occurredAt + event.data.scale - 1;
    }
    if (event.type === 'TimerFired') this.dueAtMs = undefined;
  }
  entries(): Iterable<readonly [string, string]> {
    return [...this.scales].map(([symbol, scale]) => [symbol, String(scale)] as const);
  }
  dump() {
    return { scales: this.scales, dueAtMs: this.dueAtMs };
  }
  load({ scales, dueAtMs }: ReturnType<Last['dump']>): void {
    refill(this.scales, scales);
    this.dueAtMs = dueAtMs;
  }
  reset(): void {
    this.scales.clear();
    this.dueAtMs = undefined;
  }
}

const intent = (symbol: string, scale: number) => ({
  stream: `asset-${symbol}`,
  decider: counter,
  command: { symbol, scale },
});

export const definition = (performed: string[]) =>
  defineService({
    name: 'counter',
    owns: ['asset'],
    views: () => ({ last: new Last() }),
    react: (event) => {
      if (event.type === 'TimerFired') return [intent('WOKEN', 1)];
      if (event.type !== 'AssetListed') return [];
      const { asset, scale } = event.data;
      if (asset === 'UP' && scale < 5) return [intent('UP', scale + 1)];
      if (asset === 'OUT') return [{ effect: 'call', key: `call-${scale}`, input: scale }];
      return [];
    },
    commands: { Count: ({ symbol, scale }: Counter) => [intent(symbol, scale)] },
    queries: {},
    effects: {
      call: async (scale: number) => {
        performed.push(`call ${scale}`);
        return [intent('DONE', scale)];
      },
    },
    unresolved: ({ last }): readonly Effect[] => {
      const out = last.scales.get('OUT') ?? 0;
      return out > (last.scales.get('DONE') ?? 0) ? [{ effect: 'call', key: `call-${out}`, input: out }] : [];
    },
    nextDue: ({ last }) => last.dueAtMs,
  });

export class Lock implements LeaderLock {
  isHeld = false;
  #grant: () => void = () => undefined;
  readonly #granted = new Promise<void>((resolve) => (this.#grant = resolve));
  async acquire(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('Expected the lock before the end')), {
        once: true,
      }),
    );
    await Promise.race([this.#granted, aborted]);
  }
  async release(): Promise<void> {
    this.isHeld = false;
  }
  give(): void {
    this.isHeld = true;
    this.#grant();
  }
}
