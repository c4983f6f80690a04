export { createFolderSender } from './folder-sender.ts';
