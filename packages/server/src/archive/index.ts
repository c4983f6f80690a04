export { type Archive, openArchive } from './archive.ts';
export { type BlobStore, isNoSpace } from './blob-store.ts';
export { fileMetaLength, LONGEST_META } from './content-hash.ts';
export { writeDurably } from './durable.ts';
export { addToIndex, createIndexWriter, type IndexItem, type IndexWriter } from './index-writer.ts';
export { type InstanceHeader, readInstanceHeader } from './instance-header.ts';
export * from './metadata/index.ts';
export { type RebuildReport, rebuildIndex } from './rebuild.ts';
export { createIntakeSink, type IntakeEvents, type RepairsUnderWay } from './sink.ts';
