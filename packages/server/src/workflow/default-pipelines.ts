/** Module with the pipelines of this product: what a node and its workers run when nothing else is said. */
export const defaultPipelines = new URL('./pipelines.ts', import.meta.url).href;
