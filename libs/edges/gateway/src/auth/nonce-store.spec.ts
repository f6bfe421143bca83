import { describe, expect, it } from '@jest/globals';
import { nonceStoreContract } from './nonce-store.contract.ts';
import { MemoryNonceStore } from './nonce-store.ts';

nonceStoreContract('in one process', async (nowMs) => new MemoryNonceStore(nowMs), 100);

describe('the nonce store of one process', () => {
  it('refuses what an earlier process may have taken', async () => {
    expect(await new MemoryNonceStore(1_000).claim('a', 'n', 999, 1_000)).toBe('before');
  });
});
