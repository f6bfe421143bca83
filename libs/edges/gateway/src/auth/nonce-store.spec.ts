import { describe, expect, it } from '@jest/globals';
import { claim, nonceStoreContract } from './nonce-store.contract.ts';
import { MemoryNonceStore } from './nonce-store.ts';

nonceStoreContract('in one process', async (nowMs) => new MemoryNonceStore(nowMs), 100);

describe('the nonce store of one process', () => {
  it('refuses what an earlier process may have taken', async () => {
    expect(await claim(new MemoryNonceStore(1_000), 'a', 'n', 999, 1_000)).toBe('before');
  });
});
