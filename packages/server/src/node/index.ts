export type { NodeContext } from './context.ts';
export { type NodeOptions, type RunningNode, startNode } from './start-node.ts';
