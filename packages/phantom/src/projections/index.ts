export { type Body, lineIntegral, paintBodies, projectBodies } from './bodies.ts';
export { sheppLoganBodies } from './shepp-logan.ts';
