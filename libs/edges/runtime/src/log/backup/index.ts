export { checkBackup, type CheckedBackup, type CheckOptions } from './check-backup.ts';
export { createBackup, type CreatedBackup, type CreateOptions } from './create-backup.ts';
export { BackupDamaged, readManifest, type BackupPart, type Manifest } from './manifest.ts';
export { restoreBackup, RestoreRefused, type Restored, type RestoreOptions } from './restore-backup.ts';
