export { canonicalEvent } from './canonical-event.ts';
export { exportedEvent } from './exported-event.ts';
export { HeadSigner, signRestored, type HeadSignerPorts, type RestoredLog } from './head-signer.ts';
export { HistoryForked } from './history-forked.ts';
export { EMPTY_ROOT, leafHash, MerkleTree, nodeHash, type Hash } from './merkle-tree.ts';
export { HeadFollower, type HeadFollowerPorts } from './head-follower.ts';
export { headsOfTable, keepInTable } from './heads-table.ts';
export {
  problemOf,
  proveConsistency,
  proveInclusion,
  type ConsistencyProof,
  type InclusionProof,
  type LogProof,
} from './proof.ts';
export { freshSigningKey, loadSigningKey, type SigningKey, type TreeHead } from './tree-head.ts';
export {
  LogVerifier,
  verifyConsistency,
  verifyHead,
  verifyInclusion,
  type ExportedEvent,
  type ExportedHead,
  type Finding,
  type Verification,
} from './verifier.ts';
export { readWitness, witnessFile, WitnessError, type Witness } from './witness-file.ts';
