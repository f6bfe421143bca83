import type { Clock } from '@plinth/eventing';
import {
  exportedEvent,
  HeadSigner,
  keepInTable,
  loadSigningKey,
  LogVerifier,
  readWitness,
  witnessFile,
  type PostgresLog,
  type Verification,
  type Witness,
} from '@plinth/runtime';
import { join } from 'node:path';

const READ_MAX = 5_000;

/** Files of the audit trail in a data directory: the signing key, and the witness of all heads. */
export const auditFiles = (directory: string): Readonly<{ key: string; witness: string }> => ({
  key: join(directory, 'head-signing.key'),
  witness: join(directory, 'witness.ndjson'),
});

export const openHeadSigner = async (
  log: PostgresLog,
  directory: string,
  clock: Clock,
  witness: Witness = witnessFile(auditFiles(directory).witness),
): Promise<HeadSigner> => {
  const files = auditFiles(directory);
  return new HeadSigner({
    log,
    logId: await log.logId(),
    epoch: log.epoch,
    key: loadSigningKey(files.key),
    witness,
    clock,
    keep: keepInTable(log),
  });
};

/** Exports the log row by row to the offline verifier, against the witness of the directory. */
export const verifyLog = async (log: PostgresLog, directory: string): Promise<Verification> => {
  const files = auditFiles(directory);
  const verifier = new LogVerifier(readWitness(files.witness), loadSigningKey(files.key).publicKey);
  for (let after = 0n; ;) {
    const events = await log.readStored(after, READ_MAX);
    for (const event of events) verifier.add(exportedEvent(event));
    const last = events.at(-1);
    if (last === undefined) return verifier.finish();
    after = last.position;
  }
};
