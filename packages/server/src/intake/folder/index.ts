export {
  type FolderEvent,
  type FolderIntake,
  type FolderIntakeOptions,
  startFolderIntake,
} from './folder-intake.ts';
