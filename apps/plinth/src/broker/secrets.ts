import { makeKey, readKeyFile, verifierOf, writeKeyFile, type OperatorKey } from '@plinth/gateway';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';

export type Secrets = Readonly<{
  operatorKeyFile: string;
  operatorKeys: readonly OperatorKey[];
  /** Seals clients' shared secrets before they enter the log. */
  sealingKey: Uint8Array;
}>;

const SEALING_KEY_BYTES = 32;

/** The keys of a data directory, made when they are not there; files that only their owner reads. */
export const openSecrets = (directory: string): Secrets => {
  const operatorKeyFile = join(directory, 'operator.key.json');
  if (!existsSync(operatorKeyFile)) writeKeyFile(operatorKeyFile, makeKey('operator.root'));
  const operator = readKeyFile(operatorKeyFile);
  const sealingFile = join(directory, 'sealing.key');
  if (!existsSync(sealingFile))
    writeFileSync(sealingFile, randomBytes(SEALING_KEY_BYTES), { mode: 0o600, flag: 'wx' });
  const sealingKey = readFileSync(sealingFile);
  if (sealingKey.length !== SEALING_KEY_BYTES) {
    throw new CliError(
      EXIT.usage,
      `${sealingFile}: Expected ${SEALING_KEY_BYTES} bytes, was ${sealingKey.length}`,
    );
  }
  const operatorKeys = [{ keyId: operator.keyId, publicKey: verifierOf(operator) }];
  return { operatorKeyFile, operatorKeys, sealingKey };
};
