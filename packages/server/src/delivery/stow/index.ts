export { createStowSender, type StowDestination } from './stow-sender.ts';
