import {
  CorruptLog,
  type AnyService,
  type Clock,
  type Envelope,
  type EventLog,
  type Instant,
} from '@plinth/eventing';
import { PoisonEvent, ReadAhead, ServiceHost } from '@plinth/runtime';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';

/** Hash of one live view at one position, as it was recorded while the broker ran. */
export type StateHash = Readonly<{
  position: string;
  service: string;
  view: string;
  revision: number;
  hash: string;
}>;

const FILE = 'state-hashes.ndjson';
const READ_MAX = 5_000;
const LINES_MAX = 1_000_000;

/** Hashes of every view of every host that stands at one position. */
export const hashesOf = (hosts: readonly ServiceHost[]): readonly StateHash[] =>
  hosts.flatMap((host) =>
    [...host.hashes()].map(([view, hash]) => ({
      position: host.last.toString(),
      service: host.name,
      view,
      revision: host.views[view]?.revision ?? 0,
      hash,
    })),
  );

export const recordHashes = (directory: string, hosts: readonly ServiceHost[]): void => {
  const lines = hashesOf(hosts).map((line) => `${JSON.stringify(line)}\n`);
  appendFileSync(join(directory, FILE), lines.join(''));
};

const readHashes = (directory: string): readonly StateHash[] => {
  const path = join(directory, FILE);
  if (!existsSync(path)) {
    throw new CliError(EXIT.usage, `${path}: Expected recorded hashes: run or stop the broker there once`);
  }
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  if (lines.length > LINES_MAX)
    throw new CliError(EXIT.usage, `${path}: Expected at most ${LINES_MAX} lines`);
  return lines.map((line) => JSON.parse(line) as StateHash);
};

export type CheckedHash = StateHash &
  Readonly<{ rebuilt: string; result: 'equal' | 'differs' | 'other revision' }>;

const NO_CLOCK: Clock = {
  now: (): Instant => {
    throw new Error('Expected a rebuild to need no clock');
  },
};

/** Folds from the first event and compares at every recorded position. */
class Rebuild {
  readonly hosts: readonly ServiceHost[];
  readonly #ahead: ReadAhead<Envelope>;
  #at = 0n;

  constructor(log: EventLog, services: readonly AnyService[]) {
    this.#ahead = new ReadAhead((after, limit) => log.read(after, limit));
    this.hosts = services.map((definition) => new ServiceHost(definition, { log, clock: NO_CLOCK }));
  }

  async foldTo(position: bigint): Promise<void> {
    while (this.#at < position) {
      const left = position - this.#at;
      const events = await this.#ahead.read(this.#at, left < BigInt(READ_MAX) ? Number(left) : READ_MAX);
      const last = events.at(-1);
      if (last === undefined) {
        throw new CliError(
          EXIT.checkFailed,
          `first bad position ${this.#at + 1n}: the log ends there, hashes go on`,
        );
      }
      for (const event of events) for (const host of this.hosts) host.fold(event);
      this.#at = last.position;
    }
  }
}

/**
 * Rebuilds every view from the log alone and compares it with every hash that was recorded of it while it
 * lived.
 * @throws CliError naming the first bad position when the log cannot be folded.
 */
export const compareHashes = async (
  log: EventLog,
  services: readonly AnyService[],
  recorded: readonly StateHash[],
): Promise<readonly CheckedHash[]> => {
  const rebuild = new Rebuild(log, services);
  const checked: CheckedHash[] = [];
  const positions = [...new Set(recorded.map(({ position }) => position))].sort((a, b) =>
    BigInt(a) < BigInt(b) ? -1 : 1,
  );
  try {
    for (const position of positions) {
      await rebuild.foldTo(BigInt(position));
      const now = new Map(hashesOf(rebuild.hosts).map((line) => [`${line.service} ${line.view}`, line]));
      for (const line of recorded.filter((one) => one.position === position)) {
        const rebuilt = now.get(`${line.service} ${line.view}`);
        const same = rebuilt?.hash === line.hash ? 'equal' : 'differs';
        const result = rebuilt?.revision === line.revision ? same : 'other revision';
        checked.push({ ...line, rebuilt: rebuilt?.hash ?? 'absent', result });
      }
    }
  } catch (error) {
    if (!(error instanceof CorruptLog) && !(error instanceof PoisonEvent)) throw error;
    throw new CliError(EXIT.checkFailed, `first bad position ${error.position}: ${error.message}`);
  }
  return checked;
};

export const checkDirectory = async (
  directory: string,
  log: EventLog,
  services: readonly AnyService[],
): Promise<readonly CheckedHash[]> => compareHashes(log, services, readHashes(directory));
