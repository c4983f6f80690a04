/** The only door to the pictures: nothing outside of this folder knows Cornerstone. */
export type { EngineVolume } from './engine.ts';
export type { Layer, Pane, PaneContent } from './pane.ts';
export { Viewer } from './viewer.ts';
