export { addressed, describeInstance } from './describe.ts';
export { createMetadataStore, type InstanceMetadataRow, type MetadataStore } from './store.ts';
