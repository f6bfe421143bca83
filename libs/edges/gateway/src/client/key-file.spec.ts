import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  KeyFileError,
  makeKey,
  openKeyFile,
  openSealingKeyFile,
  readKeyFile,
  writeKeyFile,
} from './key-file.ts';

describe('a key file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plinth-key-'));
    path = join(folder, 'desk.key.json');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('keeps a key for its owner only, and is never written over', () => {
    const key = makeKey('alpha.desk');
    writeKeyFile(path, key);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readKeyFile(path)).toEqual(key);
    expect(() => writeKeyFile(path, makeKey('alpha.other'))).toThrow(/EEXIST/);
    expect(openKeyFile(path, 'alpha.other')).toEqual(key);
  });

  it('is refused when others can read it', () => {
    writeKeyFile(path, makeKey('alpha.desk'));
    chmodSync(path, 0o640);
    expect(() => readKeyFile(path)).toThrow(`chmod 600 ${path}`);
  });

  it.each([
    ['', /Expected JSON/],
    ['null', /keyId, algorithm/],
    ['{"keyId":"a","algorithm":"rsa","secret":"AAAA"}', /ed25519 or hmac-sha256/],
    ['{"keyId":"a","algorithm":"ed25519","secret":"AAAA"}', /32 bytes/],
    ['{"keyId":1,"algorithm":"ed25519","secret":"AAAA"}', /keyId/],
  ])('that holds %j says what it should hold', (text, problem) => {
    writeFileSync(path, text, { mode: 0o600 });
    expect(() => readKeyFile(path)).toThrow(problem);
    expect(() => readKeyFile(path)).toThrow(KeyFileError);
  });

  it('that is missing is named', () => {
    expect(() => readKeyFile(path)).toThrow(`Expected a key file at ${path}`);
  });

  it('of the gateway is made once', () => {
    const key = openSealingKeyFile(path);
    expect(key).toHaveLength(32);
    expect(openSealingKeyFile(path)).toEqual(key);
    writeFileSync(path, 'AAAA');
    expect(() => openSealingKeyFile(path)).toThrow(/32 bytes/);
  });
});
