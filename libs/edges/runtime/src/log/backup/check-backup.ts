import { zstdDecompressSync } from 'node:zlib';
import { exportedEvent } from '../../audit/exported-event.ts';
import { canonicalEvent } from '../../audit/canonical-event.ts';
import { leafHash, MerkleTree } from '../../audit/merkle-tree.ts';
import type { TreeHead } from '../../audit/tree-head.ts';
import { LogVerifier, type Finding, type Verification } from '../../audit/verifier.ts';
import { eventsOf } from './copy-rows-of-file.ts';
import { BackupDamaged, readBackupFile, readManifest, type BackupPart, type Manifest } from './manifest.ts';

export type CheckedBackup = Readonly<{
  manifest: Manifest;
  /** Heads that the backup itself holds, in order. */
  heads: readonly TreeHead[];
  /** The tree over its events: what is appended to the backup goes on from here. */
  tree: MerkleTree;
  /** Against signed heads, when there was a key to judge them by. */
  verification?: Verification;
}>;

export type CheckOptions = Readonly<{
  directory: string;
  /** Of the key that signs the heads; without it only the backup's own hashes are compared. */
  publicKey?: Uint8Array;
  /** Heads from elsewhere to judge by: a witness' file, the cell's topic. Otherwise the backup's own. */
  heads?: readonly TreeHead[];
  onPart?: (part: BackupPart) => void;
}>;

/** The events of a part, decompressed and compared with what was written. */
export const eventBytesOf = (directory: string, part: BackupPart): Buffer =>
  zstdDecompressSync(readBackupFile(directory, part.events));

export const headsOf = (directory: string, manifest: Manifest): readonly TreeHead[] =>
  readBackupFile(directory, manifest.heads)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TreeHead);

/**
 * Reads a whole backup: every file against its hash, positions without a gap, the tree over all events
 * against the manifest, and every signed head on the way.
 * @throws BackupDamaged naming the file and the first position that is not as it must be.
 */
export const checkBackup = (options: CheckOptions): CheckedBackup => {
  const { directory, publicKey, onPart } = options;
  const manifest = readManifest(directory);
  if (manifest === undefined)
    throw new BackupDamaged(`${directory}: Expected a manifest, was none: the backup was cut off or is none`);
  const own = headsOf(directory, manifest);
  const heads = (options.heads ?? own).filter(({ size }) => size <= manifest.position);
  const verifier = publicKey === undefined ? undefined : new LogVerifier(heads, publicKey);
  const tree = new MerkleTree();
  for (const part of manifest.parts) {
    if (part.first !== tree.size + 1)
      throw new BackupDamaged(`${part.events.name}: Expected position ${tree.size + 1}, was ${part.first}`);
    for (const event of eventsOf(eventBytesOf(directory, part), part.events.name)) {
      if (event.position !== BigInt(tree.size + 1))
        throw new BackupDamaged(
          `${part.events.name}: Expected position ${tree.size + 1}, was ${event.position}`,
        );
      tree.append(leafHash(canonicalEvent(event)));
      verifier?.add(exportedEvent(event));
    }
    if (tree.size !== part.last)
      throw new BackupDamaged(`${part.events.name}: Expected to end at ${part.last}, was ${tree.size}`);
    readBackupFile(directory, part.commands);
    onPart?.(part);
  }
  if (tree.size !== manifest.position || tree.root().toString('hex') !== manifest.root)
    throw new BackupDamaged(`Expected the root of ${manifest.position} events to be the manifest's`);
  const verification = verifier?.finish();
  const [finding] = verification?.findings ?? [];
  if (finding !== undefined) throw new BackupDamaged(describe(finding));
  return { manifest, heads: own, tree, ...(verification === undefined ? {} : { verification }) };
};

const describe = ({ position, problem }: Finding): string => `first bad position ${position}: ${problem}`;
