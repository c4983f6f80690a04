export { evidenceServices } from './services.ts';
