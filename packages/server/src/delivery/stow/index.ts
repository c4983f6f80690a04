export { createStowSender, dicomwebCall, type StowDestination } from './stow-sender.ts';
