import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog, SnapshotStore, Transport } from '@plinth/eventing';
import { Retryable } from '@plinth/eventing';
import {
  HeadFollower,
  headsOfTable,
  HeadSigner,
  keepInTable,
  openCell,
  PostgresLeaderLock,
  PostgresSnapshots,
  REAL_CLOCK,
  RemoteCell,
  witnessFile,
  type Logger,
  type PostgresLog,
  type RemoteCellOptions,
  type SigningKey,
} from '@plinth/runtime';
import type { CellEntry, KafkaCell } from '@plinth/runtime/config';
import type { NonceStore } from '../auth/nonce-store.ts';
import { PostgresNonceStore } from '../auth/postgres-nonce-store.ts';
import { followerProofs, type ProofSource } from '../proofs/proof-source.ts';
import type { CellPorts } from '../server/gateway-server.ts';

const HEADS_EVERY_MS = 1_000;
const RETRY_MS = 2_000;

export type HeadsOptions = Readonly<{
  log: PostgresLog;
  url: string;
  key: SigningKey;
  witnessPath: string;
  logger: Logger;
}>;

/** One gateway signs the heads of a log, whichever holds the lock; all of them prove from those. */
const signHeads = async (
  { log, url, key, witnessPath, logger }: HeadsOptions,
  signal: AbortSignal,
): Promise<void> => {
  const lock = new PostgresLeaderLock({ url, schema: log.schema, service: 'heads' });
  while (!signal.aborted) {
    await lock.acquire(signal).catch(() => undefined);
    if (signal.aborted) break;
    const [logId, witness] = [await log.logId(), witnessFile(witnessPath)];
    const ports = { log, logId, epoch: log.epoch, key, witness, clock: REAL_CLOCK, keep: keepInTable(log) };
    const signer = new HeadSigner(ports);
    while (!signal.aborted && lock.isHeld) {
      await signer.advance().catch((error: unknown) => logger.error({ err: error }, 'no head was signed'));
      await sleep(HEADS_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  await lock.release();
};

/** Signs the heads of a log, and follows them for proofs, until the signal. */
export const keepHeads = (
  options: HeadsOptions,
  signal: AbortSignal,
): Readonly<{ proofs: ProofSource; ended: Promise<unknown> }> => {
  const { log, key, logger } = options;
  const follower = new HeadFollower({ log, heads: headsOfTable(log), publicKey: key.publicKey });
  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      await follower.advance().catch((error: unknown) => logger.error({ err: error }, 'heads: tried again'));
      await sleep(HEADS_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  return {
    proofs: followerProofs(follower),
    ended: Promise.allSettled([signHeads(options, signal), follow()]),
  };
};

export type OtherCellOptions = Readonly<{
  entry: CellEntry;
  kafka: KafkaCell | undefined;
  tls?: NonNullable<RemoteCellOptions['tls']>;
  onCertificateRefused: (error: Error) => void;
  key: SigningKey;
  witnessPath: string;
  logger: Logger;
}>;

type Open = Readonly<{
  log: PostgresLog;
  transport: Transport;
  proofs: ProofSource;
  nonces: NonceStore;
  snapshots: SnapshotStore;
  ended: Promise<unknown>;
}>;

/**
 * A cell that is not the home cell, as a gateway uses it: its services are asked at once, its log is opened
 * when its database can be reached. Until then what needs the log says to wait, and the other cells go on.
 */
export class OtherCell {
  readonly ports: CellPorts & Readonly<{ cellId: string }>;
  readonly #options: OtherCellOptions;
  readonly #cell: RemoteCell;
  readonly #opening: Promise<Open | undefined>;
  #open: Open | undefined;

  constructor(options: OtherCellOptions, signal: AbortSignal) {
    const { entry, tls, onCertificateRefused } = options;
    this.#options = options;
    const security = tls === undefined ? {} : { tls };
    this.#cell = new RemoteCell({ addresses: entry.services, ...security, onCertificateRefused });
    this.#opening = this.#openPatiently(signal);
    this.ports = this.#portsOf();
  }

  async close(): Promise<void> {
    const open = await this.#opening;
    await open?.ended;
    this.#cell.close();
    await open?.log.close();
  }

  async #openPatiently(signal: AbortSignal): Promise<Open | undefined> {
    const { entry, kafka, key, witnessPath, logger } = this.#options;
    while (!signal.aborted) {
      try {
        const { log, transport } = await openCell(entry, 'gateway', kafka);
        const { proofs, ended } = keepHeads({ log, url: entry.database, key, witnessPath, logger }, signal);
        const nonces = new PostgresNonceStore(log, REAL_CLOCK.now());
        this.#open = { log, transport, proofs, nonces, snapshots: new PostgresSnapshots(log), ended };
        return this.#open;
      } catch (error) {
        logger.warn({ cell: entry.cell, err: error }, 'the log of a cell cannot be opened: tried again');
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  #need(): Open {
    if (this.#open !== undefined) return this.#open;
    throw new Retryable(`Expected the log of cell ${this.#options.entry.cell} to be reachable: wait`);
  }

  /** For what may take as long as it takes. */
  async #wait(): Promise<Open> {
    return (await this.#opening) ?? this.#need();
  }

  #portsOf(): CellPorts & Readonly<{ cellId: string }> {
    const { cell: cellId, takesClients } = this.#options.entry;
    const wait = (): Promise<Open> => this.#wait();
    const log: Pick<EventLog, 'read' | 'head'> = {
      read: async (after, limit) => (await wait()).log.read(after, limit),
      head: async () => (await wait()).log.head(),
    };
    const transport: Transport = {
      subscribe: async function* (after, signal) {
        yield* (await wait()).transport.subscribe(after, signal);
      },
    };
    const store: SnapshotStore = {
      list: async (owner) => (await wait()).snapshots.list(owner),
      read: async (head) => (await wait()).snapshots.read(head),
      save: async (snapshot) => (await wait()).snapshots.save(snapshot),
    };
    const nonces: NonceStore = {
      take: (...taken) => this.#need().nonces.take(...taken),
      keep: async (...kept) => this.#need().nonces.keep(...kept),
    };
    const snapshots = { store, logger: this.#options.logger };
    return {
      cell: this.#cell,
      cellId,
      takesClients,
      log,
      transport,
      nonces,
      snapshots,
      proofs: this.#proofs(),
    };
  }

  #proofs(): ProofSource {
    const need = (): ProofSource => this.#need().proofs;
    return {
      publicKey: this.#options.key.publicKey,
      newest: () => this.#open?.proofs.newest(),
      headOf: (size) => need().headOf(size),
      event: async (position) => need().event(position),
      canonical: (event) => need().canonical(event),
      inclusion: (position, size) => need().inclusion(position, size),
      consistency: (first, second) => need().consistency(first, second),
    };
  }
}
