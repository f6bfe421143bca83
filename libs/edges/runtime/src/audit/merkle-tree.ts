import { assert } from '@plinth/money';
import { hash } from 'node:crypto';

/** SHA-256, 32 bytes. */
export type Hash = Buffer;

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

const sha256 = (data: Uint8Array): Hash => hash('sha256', data, 'buffer');

/** RFC 9162 §2.1.1: the empty tree's root. */
export const EMPTY_ROOT: Hash = sha256(Buffer.alloc(0));

export const leafHash = (entry: Uint8Array): Hash => sha256(Buffer.concat([LEAF, entry]));

export const nodeHash = (left: Hash, right: Hash): Hash => sha256(Buffer.concat([NODE, left, right]));

const HASH_BYTES = 32;

/**
 * A growing list of hashes in one piece of memory: a log has millions, and an object for each costs four
 * times as much.
 */
class HashList {
  #bytes = Buffer.alloc(16 * HASH_BYTES);
  length = 0;

  push(added: Hash): void {
    const end = this.length * HASH_BYTES;
    if (end === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(end)]);
    this.#bytes.set(added, end);
    this.length += 1;
  }

  at(index: number): Hash {
    assert(index >= 0 && index < this.length, () => `Expected a hash below ${this.length}, was ${index}`);
    return this.#bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

/** Largest power of two below `n` (n ≥ 2). */
const split = (n: number): number => 2 ** (31 - Math.clz32(n - 1));

const LEAVES_MAX = 2 ** 31 - 1;

/**
 * The Merkle tree of RFC 9162 over the log's positions: leaf i is the event at position i + 1. Hashes of
 * complete subtrees are kept per level, so an append costs one hash on average and a proof O(log² n).
 */
export class MerkleTree {
  /** `#levels[k][i]` is the hash of leaves i·2^k … (i+1)·2^k − 1, complete subtrees only. */
  readonly #levels: HashList[] = [];

  get size(): number {
    return this.#level(0).length;
  }

  append(leaf: Hash): void {
    assert(this.size < LEAVES_MAX, 'Expected room for another leaf');
    let hashed = leaf;
    for (let level = 0; ; level += 1) {
      const hashes = this.#level(level);
      hashes.push(hashed);
      if (hashes.length % 2 === 1) return;
      hashed = nodeHash(hashes.at(hashes.length - 2), hashed);
    }
  }

  /** Root of the first `size` leaves. */
  root(size: number = this.size): Hash {
    assert(size >= 0 && size <= this.size, () => `Expected a size up to ${this.size}, was ${size}`);
    return size === 0 ? EMPTY_ROOT : this.#range(0, size);
  }

  /** RFC 9162 §2.1.3.1: path from leaf `index` to the root of the first `size` leaves. */
  inclusionProof(index: number, size: number): readonly Hash[] {
    assert(
      index >= 0 && index < size && size <= this.size,
      () => `Expected a leaf below ${size}, was ${index}`,
    );
    const path = (m: number, start: number, n: number): readonly Hash[] => {
      if (n === 1) return [];
      const k = split(n);
      return m < k
        ? [...path(m, start, k), this.#range(start + k, n - k)]
        : [...path(m - k, start + k, n - k), this.#range(start, k)];
    };
    return path(index, 0, size);
  }

  /** RFC 9162 §2.1.4.1: that the first `first` leaves are a prefix of the first `second`. */
  consistencyProof(first: number, second: number): readonly Hash[] {
    assert(
      first > 0 && first <= second && second <= this.size,
      () => `Expected 0 < first ≤ second ≤ ${this.size}`,
    );
    const proof = (m: number, start: number, n: number, isWhole: boolean): readonly Hash[] => {
      if (m === n) return isWhole ? [] : [this.#range(start, n)];
      const k = split(n);
      return m <= k
        ? [...proof(m, start, k, isWhole), this.#range(start + k, n - k)]
        : [...proof(m - k, start + k, n - k, false), this.#range(start, k)];
    };
    return proof(first, 0, second, true);
  }

  #level(level: number): HashList {
    return (this.#levels[level] ??= new HashList());
  }

  /** Root of `count` leaves from `start`; `start` is a multiple of the power of two that covers `count`. */
  #range(start: number, count: number): Hash {
    if (count === 1) return this.#level(0).at(start);
    const level = Math.log2(count);
    if (Number.isInteger(level)) return this.#level(level).at(start / count);
    const k = split(count);
    return nodeHash(this.#range(start, k), this.#range(start + k, count - k));
  }
}
