import { describe, expect, it } from '@jest/globals';
import { EMPTY_ROOT, leafHash, MerkleTree, nodeHash } from './merkle-tree.ts';
import { verifyConsistency, verifyInclusion } from './verifier.ts';

/** Leaves and roots published with RFC 6962's reference implementation. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const treeOf = (count: number): MerkleTree => {
  const tree = new MerkleTree();
  for (let i = 0; i < count; i += 1) tree.append(leafHash(Buffer.from(`entry ${i}`)));
  return tree;
};

describe('the Merkle tree of RFC 9162', () => {
  it('has the published roots', () => {
    const tree = new MerkleTree();
    expect(tree.root()).toEqual(EMPTY_ROOT);
    expect(EMPTY_ROOT.toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    LEAVES.forEach((leaf, i) => {
      tree.append(leafHash(Buffer.from(leaf, 'hex')));
      expect(tree.root().toString('hex')).toBe(ROOTS[i]);
    });
    ROOTS.forEach((root, i) => expect(tree.root(i + 1).toString('hex')).toBe(root));
  });

  it('proves the inclusion of every leaf in every size, to a verifier with code of its own', () => {
    const tree = treeOf(70);
    for (let size = 1; size <= 70; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = tree.inclusionProof(index, size);
        const leaf = leafHash(Buffer.from(`entry ${index}`));
        expect(verifyInclusion(leaf, index, size, proof, tree.root(size))).toBe(true);
        expect(verifyInclusion(leafHash(Buffer.from('other')), index, size, proof, tree.root(size))).toBe(
          false,
        );
        if (index > 0) expect(verifyInclusion(leaf, index - 1, size, proof, tree.root(size))).toBe(false);
      }
    }
  });

  it('proves that every size is a prefix of every larger one', () => {
    const tree = treeOf(40);
    for (let second = 1; second <= 40; second += 1) {
      for (let first = 1; first <= second; first += 1) {
        const proof = tree.consistencyProof(first, second);
        expect(verifyConsistency(first, second, proof, tree.root(first), tree.root(second))).toBe(true);
        const forged = nodeHash(tree.root(first), tree.root(first));
        expect(verifyConsistency(first, second, proof, forged, tree.root(second))).toBe(false);
        expect(verifyConsistency(first, second, proof, tree.root(first), forged)).toBe(false);
      }
    }
  });
});
