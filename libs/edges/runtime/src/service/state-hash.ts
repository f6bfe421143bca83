import { createHash } from 'node:crypto';
import type { Fold } from '@plinth/eventing';

/**
 * SHA-256 over the fold's entries, sorted by key, length-prefixed: equal states have equal hashes, on every
 * machine.
 */
export const stateHash = (fold: Fold): string => {
  const entries = [...fold.entries()].map(([key, value]) => [Buffer.from(key), Buffer.from(value)] as const);
  entries.sort(([a], [b]) => Buffer.compare(a, b));
  const hash = createHash('sha256').update(`plinth-fold-v1 ${fold.name} ${fold.revision}\n`);
  const length = Buffer.alloc(8);
  for (const part of entries.flat()) {
    length.writeBigUInt64BE(BigInt(part.length));
    hash.update(length).update(part);
  }
  return hash.digest('hex');
};
