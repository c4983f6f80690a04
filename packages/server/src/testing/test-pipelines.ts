/** The module of the small pipelines that a node under test runs. */
export const testPipelines = new URL('./pipelines.ts', import.meta.url).href;
