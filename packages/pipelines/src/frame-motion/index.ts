export { frameMotionPipeline } from './pipeline.ts';
export { FRAME_MOTION_SCHEMA, type FrameMotionSummary, frameMotionSummary } from './summary.ts';
