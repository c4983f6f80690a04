export { type BackupReport, createBackup } from './create.ts';
export { type RestoreReport, restoreBackup } from './restore.ts';
