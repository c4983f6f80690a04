export * from './charset/index.ts';
export * from './codecs/index.ts';
export * from './data/index.ts';
export * from './errors/index.ts';
export * from './read/index.ts';
export * from './series/index.ts';
export * from './uid/index.ts';
export * from './write/index.ts';
