import { KeyFileError, openKeyFile, openSealingKeyFile, verifierOf, type OperatorKey } from '@plinth/gateway';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';

export type Secrets = Readonly<{
  operatorKeyFile: string;
  /** Of the auditor, which may close the gate and nothing else. */
  auditorKeyFile: string;
  operatorKeys: readonly OperatorKey[];
  /** Seals clients' shared secrets before they enter the log. */
  sealingKey: Uint8Array;
}>;

/** Files of the keys in a directory; `operators` holds public keys only, for gateways elsewhere. */
export const secretFiles = (directory: string) => ({
  operator: join(directory, 'operator.key.json'),
  auditor: join(directory, 'auditor', 'auditor.key.json'),
  operators: join(directory, 'operators.json'),
  sealing: join(directory, 'sealing.key'),
});

/** The keys of a data directory, made when they are not there; files that only their owner reads. */
export const openSecrets = (directory: string): Secrets => {
  const files = secretFiles(directory);
  try {
    const operator = openKeyFile(files.operator, 'operator.root');
    mkdirSync(dirname(files.auditor), { recursive: true, mode: 0o700 });
    const auditor = openKeyFile(files.auditor, 'operator.auditor');
    const sealingKey = openSealingKeyFile(files.sealing);
    const operatorKeys = [
      { keyId: operator.keyId, publicKey: verifierOf(operator) },
      { keyId: auditor.keyId, publicKey: verifierOf(auditor), scopes: ['guard'] as const },
    ];
    if (!existsSync(files.operators)) {
      const list = operatorKeys.map((key) => ({ ...key, publicKey: key.publicKey.toString('base64') }));
      writeFileSync(files.operators, `${JSON.stringify(list, null, 2)}\n`, { flag: 'wx' });
    }
    return { operatorKeyFile: files.operator, auditorKeyFile: files.auditor, operatorKeys, sealingKey };
  } catch (error) {
    throw error instanceof KeyFileError ? new CliError(EXIT.usage, error.message) : error;
  }
};
