import { z } from 'zod';

export const FRAME_MOTION_SCHEMA = 'photopeak/frame-motion/1';

const frame = z.object({
  /** From 1, in the order of time. */
  number: z.number().int(),
  /** What tells it from the others of its series. */
  name: z.string(),
  /** Middle of the frame on the clock of the series, seconds; null where the header lacks it. */
  atSeconds: z.number().nullable(),
  durationSeconds: z.number().nullable(),
  isReference: z.boolean(),
  /** Movement of the body against the reference frame; null where it cannot be told. */
  movement: z
    .object({
      /** Of the middle of the body, LPS mm. */
      shiftMm: z.array(z.number()).length(3),
      /** Of the corner of the body that moved most. */
      largestMm: z.number(),
      uncertaintyMm: z.number(),
    })
    .nullable(),
  /** Why it cannot be told. */
  reason: z.string().nullable(),
});

/** summary.json of frame-motion. */
export const frameMotionSummary = z.object({
  schema: z.literal(FRAME_MOTION_SCHEMA),
  limitMm: z.number(),
  series: z.array(
    z.object({
      seriesInstanceUid: z.string(),
      description: z.string(),
      modality: z.string(),
      frames: z.array(frame),
      /** Numbers of the frames during which the body lay further from the reference than the limit. */
      moved: z.array(z.number().int()),
    }),
  ),
});
export type FrameMotionSummary = z.infer<typeof frameMotionSummary>;
