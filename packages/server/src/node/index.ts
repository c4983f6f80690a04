export type { NodeContext } from './context.ts';
export { diagnoseNode } from './diagnose.ts';
export { type NodeStore, openNodeStore } from './open-store.ts';
export { type ArchiveRepair, repairArchive } from './repair-archive.ts';
export { restoreNode } from './restore-node.ts';
export { type NodeOptions, type RunningNode, startNode } from './start-node.ts';
export { type RunningWorkers, startWorkerMachine, type WorkersOptions } from './start-workers.ts';
