import { KeyFileError, openKeyFile, openSealingKeyFile, verifierOf, type OperatorKey } from '@plinth/gateway';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../cli/exit-codes.ts';

export type Secrets = Readonly<{
  operatorKeyFile: string;
  operatorKeys: readonly OperatorKey[];
  /** Seals clients' shared secrets before they enter the log. */
  sealingKey: Uint8Array;
}>;

/** Files of the keys in a directory; `operators` holds public keys only, for gateways elsewhere. */
export const secretFiles = (directory: string) => ({
  operator: join(directory, 'operator.key.json'),
  operators: join(directory, 'operators.json'),
  sealing: join(directory, 'sealing.key'),
});

/** The keys of a data directory, made when they are not there; files that only their owner reads. */
export const openSecrets = (directory: string): Secrets => {
  const files = secretFiles(directory);
  try {
    const operator = openKeyFile(files.operator, 'operator.root');
    const sealingKey = openSealingKeyFile(files.sealing);
    const publicKey = verifierOf(operator);
    const operatorKeys = [{ keyId: operator.keyId, publicKey }];
    if (!existsSync(files.operators)) {
      const list = [{ keyId: operator.keyId, publicKey: publicKey.toString('base64') }];
      writeFileSync(files.operators, `${JSON.stringify(list, null, 2)}\n`, { flag: 'wx' });
    }
    return { operatorKeyFile: files.operator, operatorKeys, sealingKey };
  } catch (error) {
    throw error instanceof KeyFileError ? new CliError(EXIT.usage, error.message) : error;
  }
};
