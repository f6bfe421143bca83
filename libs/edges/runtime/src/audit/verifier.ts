import { createHash, createPublicKey, verify } from 'node:crypto';

/*
 * The offline verifier. It is written from RFC 9162 alone and shares no code with the prover: of its
 * surroundings it uses SHA-256 and Ed25519. Its input is what a stranger has: exported events, proofs, signed
 * heads and a public key.
 */

const sha = (...parts: readonly Uint8Array[]): Buffer => {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
};

const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);

/** RFC 9162 §2.1.3.2. */
export const verifyInclusion = (
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean => {
  if (!(index >= 0 && index < size)) return false;
  let fn = index;
  let sn = size - 1;
  let r: Uint8Array = leaf;
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = sha(ONE, p, r);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      r = sha(ONE, r, p);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && Buffer.compare(r, root) === 0;
};

/** RFC 9162 §2.1.4.2. */
export const verifyConsistency = (
  first: number,
  second: number,
  path: readonly Uint8Array[],
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
): boolean => {
  if (first < 1 || first > second) return false;
  if (first === second) return path.length === 0 && Buffer.compare(firstRoot, secondRoot) === 0;
  const isPowerOfTwo = Number.isInteger(Math.log2(first));
  const proof = isPowerOfTwo ? [firstRoot, ...path] : path;
  if (proof.length === 0) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let fr: Uint8Array = proof[0] as Uint8Array;
  let sr = fr;
  for (const c of proof.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = sha(ONE, c, fr);
      sr = sha(ONE, c, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      sr = sha(ONE, sr, c);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && Buffer.compare(fr, firstRoot) === 0 && Buffer.compare(sr, secondRoot) === 0;
};

/** An event as exported: one JSON object a line. */
export type ExportedEvent = Readonly<{
  position: string;
  stream: string;
  version: number;
  id: string;
  type: string;
  schema: number;
  /** Base64. */
  payload: string;
  occurredAt: number;
  correlationId: string;
  causationId: string;
  actor: string;
  traceparent?: string;
}>;

/** A signed head as published: one JSON object a line of the witness file. */
export type ExportedHead = Readonly<{
  logId: string;
  epoch: number;
  size: number;
  /** Hex. */
  root: string;
  timeMs: number;
  keyId: string;
  /** Base64, Ed25519. */
  signature: string;
}>;

/** Hash of the leaf of an event; the layout is in the runtime's README. */
export const leafOf = (event: ExportedEvent): Buffer => {
  const fields = [
    'plinth-event-v1',
    event.position,
    event.stream,
    `${event.version}`,
    event.id,
    event.type,
    `${event.schema}`,
    Buffer.from(event.payload, 'base64'),
    `${event.occurredAt}`,
    event.correlationId,
    event.causationId,
    event.actor,
    event.traceparent ?? '',
  ];
  const body = fields.flatMap((field) => {
    const bytes = typeof field === 'string' ? Buffer.from(field) : field;
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, bytes.length);
    return [new Uint8Array(length.buffer), bytes];
  });
  return sha(ZERO, ...body);
};

/** What a head's signature covers. */
const headBytes = (head: ExportedHead): Buffer =>
  Buffer.from(
    ['plinth-head-v1', head.logId, head.epoch, head.size, head.root, head.timeMs, head.keyId, ''].join('\n'),
  );

/** Raw 32-byte Ed25519 key in the wrapping that the platform wants. */
const PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export const verifyHead = (head: ExportedHead, publicKey: Uint8Array): boolean => {
  const key = createPublicKey({ key: Buffer.concat([PREFIX, publicKey]), format: 'der', type: 'spki' });
  return verify(null, headBytes(head), key, Buffer.from(head.signature, 'base64'));
};

export type Finding = Readonly<{ position: string; problem: string }>;

export type Verification = Readonly<{
  events: number;
  heads: number;
  /** Heads of an earlier epoch that reach further than the restored log that the next epoch began with. */
  abandoned: number;
  /** Size of the largest head that all checks cover. */
  proven: number;
  root: string;
  findings: readonly Finding[];
}>;

const FINDINGS_MAX = 100;

/** Roots of growing prefixes of a list of leaves, by keeping the roots of the complete subtrees so far. */
class Prefix {
  #peaks: { size: number; root: Buffer }[] = [];
  count = 0;

  add(leaf: Buffer): void {
    this.count += 1;
    this.#peaks.push({ size: 1, root: leaf });
    while (this.#peaks.length > 1) {
      const [a, b] = this.#peaks.slice(-2) as [
        { size: number; root: Buffer },
        { size: number; root: Buffer },
      ];
      if (a.size !== b.size) return;
      this.#peaks.splice(-2, 2, { size: a.size * 2, root: sha(ONE, a.root, b.root) });
    }
  }

  root(): string {
    if (this.#peaks.length === 0) return sha().toString('hex');
    return this.#peaks
      .map(({ root }) => root)
      .reduceRight((right, left) => sha(ONE, left, right))
      .toString('hex');
  }
}

/**
 * Checks a whole log from its first event against the heads of a witness: order, versions, ids, every head's
 * signature, growth and root. The first finding names the first position that cannot be what was witnessed.
 */
export class LogVerifier {
  readonly #publicKey: Uint8Array;
  readonly #heads: readonly ExportedHead[];
  /** Heads that the log must have, in order of size. */
  readonly #due: readonly ExportedHead[];
  readonly #prefix = new Prefix();
  readonly #versions = new Map<string, number>();
  readonly #ids = new Set<string>();
  readonly #findings: Finding[] = [];
  #next = 0;
  #proven = 0;

  /** `heads` in the order in which the witness received them. */
  constructor(heads: readonly ExportedHead[], publicKey: Uint8Array) {
    this.#heads = heads;
    this.#publicKey = publicKey;
    this.#checkHeads();
    this.#due = this.#dueHeads();
  }

  add(event: ExportedEvent): void {
    const due = this.#prefix.count + 1;
    if (event.position !== `${due}`) this.#find(`${due}`, `the next event has position ${event.position}`);
    const version = (this.#versions.get(event.stream) ?? 0) + 1;
    if (event.version !== version) {
      this.#find(event.position, `${event.stream} goes on with version ${event.version}, was due ${version}`);
    }
    this.#versions.set(event.stream, version);
    if (this.#ids.has(event.id)) this.#find(event.position, `id ${event.id} occurs twice`);
    this.#ids.add(event.id);
    this.#prefix.add(leafOf(event));
    this.#compare();
  }

  finish(): Verification {
    const { count } = this.#prefix;
    for (const head of this.#due.slice(this.#next)) {
      this.#find(`${count + 1}`, `a head of ${head.size} events was witnessed, the log ends after ${count}`);
    }
    return {
      events: count,
      heads: this.#heads.length,
      abandoned: this.#heads.length - this.#due.length,
      proven: this.#proven,
      root: this.#prefix.root(),
      findings: this.#findings,
    };
  }

  #compare(): void {
    for (;;) {
      const head = this.#due[this.#next];
      if (head === undefined || head.size !== this.#prefix.count) return;
      this.#next += 1;
      if (head.root === this.#prefix.root())
        this.#proven = this.#findings.length === 0 ? head.size : this.#proven;
      else
        this.#find(
          `${this.#proven + 1}`,
          `events ${this.#proven + 1} to ${head.size} are not those of the head`,
        );
    }
  }

  #checkHeads(): void {
    let last: ExportedHead | undefined;
    for (const head of this.#heads) {
      const at = `${head.size}`;
      if (!verifyHead(head, this.#publicKey))
        this.#find(at, `the head of ${at} events is not signed by the key`);
      // A restored log begins an epoch of its own, with a head that may cover less than the last one.
      const isLonger = last === undefined || head.size > last.size || head.epoch > last.epoch;
      if (last !== undefined && (!isLonger || head.logId !== last.logId || head.epoch < last.epoch)) {
        this.#find(at, `the head of ${at} events does not follow the one of ${last.size}`);
      }
      last = head;
    }
  }

  /** What the log must have: heads that a later epoch cut off count no longer. */
  #dueHeads(): readonly ExportedHead[] {
    const due: ExportedHead[] = [];
    let epoch = 0;
    for (const head of this.#heads) {
      if (head.epoch > epoch) while ((due.at(-1)?.size ?? 0) > head.size) due.pop();
      ({ epoch } = head);
      due.push(head);
    }
    return due;
  }

  #find(position: string, problem: string): void {
    if (this.#findings.length < FINDINGS_MAX) this.#findings.push({ position, problem });
  }
}
