import type { FrameMotionSummary } from '@photopeak/pipelines';
import { textTable } from '../terminal/index.ts';

/** Frames and movements of a dynamic study for a terminal. */
export function describeFrameMotion({ series }: FrameMotionSummary): string {
  if (series.length === 0) return 'the study has no series with several frames';
  return series
    .map(({ description, frames }) => {
      const table = textTable(
        [
          { title: 'frame', align: 'right' },
          { title: 'at s', align: 'right' },
          { title: 'moved mm', align: 'right' },
          { title: 'left, back, up mm' },
        ],
        frames.map(({ number, atSeconds, movement, isReference, reason }) => [
          String(number),
          atSeconds?.toFixed(0) ?? '-',
          isReference ? 'reference' : (movement?.largestMm.toFixed(1) ?? '-'),
          movement === null ? (reason ?? '') : movement.shiftMm.map((mm) => mm.toFixed(1)).join(', '),
        ]),
      );
      return `${description}\n${table}`;
    })
    .join('\n\n');
}
