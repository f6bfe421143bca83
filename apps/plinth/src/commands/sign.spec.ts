import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { canonicalText, makeKey, METADATA, verifierOf, verifyText, writeKeyFile } from '@plinth/gateway';
import { Command } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from './sign.ts';

const METHOD = 'plinth.gateway.v1.Accounts/GetAccount';

describe('plinth sign', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-sign-'));
  const file = join(folder, 'desk.key.json');
  const key = makeKey('alpha.desk');
  writeKeyFile(file, key);

  afterAll(() => rmSync(folder, { recursive: true }));

  /** The headers that the command prints, by name. */
  const sign = async (...words: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    let out = '';
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
    const program = new Command().exitOverride();
    register(program);
    try {
      await program.parseAsync(['sign', METHOD, '--key', file, ...words], { from: 'user' });
    } finally {
      write.mockRestore();
    }
    const headers = out.trim().split(/ ?-H /).slice(1);
    return new Map(headers.map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1)]));
  };

  const JSON_TEXT = '{ "accountId": "a1" }';

  it.each([
    ['the bytes of protobuf', [], 'proto', Buffer.from('0a026131', 'hex')],
    ['the JSON as it stands there', ['--json'], 'json', Buffer.from(JSON_TEXT)],
  ] as const)('signs %s', async (_, words, form, body) => {
    const headers = await sign('--data', JSON_TEXT, '--request-id', 'r-1', '--cell', 'south', ...words);
    const text = (name: string): string => headers.get(name) ?? '';
    const signed = canonicalText({
      ...{ form, method: `/${METHOD}`, body, keyId: 'alpha.desk', requestId: 'r-1', cell: 'south' },
      ...{ timestampMs: Number(text(METADATA.timestamp)), nonce: text(METADATA.nonce) },
    });
    const signature = Buffer.from(text(METADATA.signature), 'base64');
    expect(verifyText('ed25519', verifierOf(key), signed, signature)).toBe(true);
    expect([text(METADATA.requestId), text(METADATA.cell)]).toEqual(['r-1', 'south']);
  });

  it('says what does not fit the message before anything is sent', async () => {
    await expect(sign('--json', '--data', '{"account":"a1"}')).rejects.toThrow(/"account" is unknown/);
  });
});
