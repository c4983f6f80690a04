import { frameMotion } from '@photopeak/analysis';
import { groupSeries, loadSeriesVolume, type Series } from '@photopeak/dicom';
import { z } from 'zod';
import { textResult } from '../objects/index.ts';
import type { Finding, Pipeline, Step, StudyInput } from '../pipeline.ts';
import { readInstances } from '../study/index.ts';
import { FRAME_MOTION_SCHEMA, type FrameMotionSummary } from './summary.ts';

const parameters = z.strictObject({
  /** A frame whose body lies further from the reference frame is a finding, mm. */
  limitMm: z.number().min(1).max(100).default(5),
});

type DynamicSeries = FrameMotionSummary['series'][number];
type Measured = { readonly series: readonly Omit<DynamicSeries, 'moved'>[] };

/** One frame of a series, as its header tells it. */
interface Frame {
  readonly stack: Series;
  readonly atSeconds: number | null;
  readonly durationSeconds: number | null;
}

const seconds = (milliseconds: number | undefined): number | null =>
  milliseconds === undefined ? null : milliseconds / 1000;

function frameOf(stack: Series): Frame {
  const header = stack.instances[0]?.dataset;
  return {
    stack,
    atSeconds: seconds(header?.number('FrameReferenceTime')),
    durationSeconds: seconds(
      stack.slices[0]?.acquisition.durationMs ?? header?.number('ActualFrameDuration'),
    ),
  };
}

/** The number in a stack's name where the header has no time: `temporal position 12`. */
const numberIn = (text: string | undefined): number =>
  Number(/\d+(\.\d+)?(?!.*\d)/.exec(text ?? '')?.[0] ?? 0);

/** Series whose stacks are times of one place, each in the order of time. */
function dynamicSeries(instances: Parameters<typeof groupSeries>[0]): Frame[][] {
  const bySeries = Map.groupBy(
    groupSeries(instances).filter(
      ({ kind, modality }) => kind === 'volume' && ['PT', 'NM'].includes(modality),
    ),
    ({ seriesInstanceUid }) => seriesInstanceUid,
  );
  return [...bySeries.values()]
    .map((stacks) => {
      const most = Math.max(...stacks.map(({ slices }) => slices.length));
      return stacks.filter(({ slices }) => slices.length === most).map(frameOf);
    })
    .filter((frames) => frames.length > 1)
    .map((frames) =>
      frames.sort(
        (a, b) =>
          (a.atSeconds ?? 0) - (b.atSeconds ?? 0) || numberIn(a.stack.stack) - numberIn(b.stack.stack),
      ),
    );
}

/** The longest frame, the latest of equals: it has most counts, and the uptake that the late frames share. */
function referenceOf(frames: readonly Frame[]): number {
  let best = 0;
  frames.forEach(({ durationSeconds }, index) => {
    if ((durationSeconds ?? 0) >= (frames[best]!.durationSeconds ?? 0)) best = index;
  });
  return best;
}

/** Two frames are in memory at a time. */
const measure: Step<StudyInput, Measured> = {
  name: 'measure',
  version: '1',
  resource: 'cpu',
  run: async (study, { progress, signal }) => {
    const all = dynamicSeries(readInstances(study));
    const total = all.reduce((sum, frames) => sum + frames.length, 0);
    let done = 0;
    const series: Omit<DynamicSeries, 'moved'>[] = [];
    for (const frames of all) {
      const at = referenceOf(frames);
      const reference = (await loadSeriesVolume(frames[at]!.stack, { signal })).volume;
      const told: DynamicSeries['frames'] = [];
      for (const [index, { stack, atSeconds, durationSeconds }] of frames.entries()) {
        progress(done++ / total, stack.stack ?? '');
        const facts = { number: index + 1, name: stack.stack ?? '', atSeconds, durationSeconds };
        if (index === at) {
          told.push({ ...facts, isReference: true, movement: null, reason: null });
          continue;
        }
        const found = frameMotion(reference, (await loadSeriesVolume(stack, { signal })).volume);
        told.push({
          ...facts,
          isReference: false,
          movement: typeof found === 'string' ? null : { ...found, shiftMm: [...found.shiftMm] },
          reason: typeof found === 'string' ? found : null,
        });
      }
      const { seriesInstanceUid, description, modality } = frames[at]!.stack;
      series.push({ seriesInstanceUid, description: description ?? '', modality, frames: told });
    }
    return { series };
  },
};

/** Whether and when a patient moved during a dynamic PET or NM series. */
export const frameMotionPipeline: Pipeline<z.infer<typeof parameters>, FrameMotionSummary> = {
  name: 'frame-motion',
  version: '1.0.0',
  title: 'Movement between the frames of a dynamic PET or SPECT',
  needs: ['a PET or NM series with several frames of one place'],
  parameters,
  outputs: [{ name: 'summary', description: 'summary.json', required: true }],
  async run(study, { limitMm }, runner) {
    const measured = await runner.step(measure, study);
    const series = measured.series.map((one) => ({
      ...one,
      moved: one.frames
        .filter(({ movement }) => movement !== null && movement.largestMm > limitMm)
        .map(({ number }) => number),
    }));
    const summary: FrameMotionSummary = { schema: FRAME_MOTION_SCHEMA, limitMm, series };
    return {
      objects: [textResult('summary', 'summary.json', 'json', `${JSON.stringify(summary, null, 2)}\n`)],
      summary,
      findings: series.length === 0 ? [noFrames] : series.flatMap(movementFinding),
    };
  },
};

const noFrames: Finding = {
  code: 'FRAMES_NONE',
  severity: 'error',
  message: 'no PET or NM series of the study has several frames of one place',
  remedy: 'send the dynamic series itself, not its sum',
};

function movementFinding({ description, frames, moved }: DynamicSeries): Finding[] {
  if (moved.length === 0) return [];
  const words = moved.map((number) => {
    const { movement } = frames[number - 1]!;
    return `frame ${number} by ${movement!.largestMm.toFixed(0)} mm`;
  });
  return [
    {
      code: 'MOVED_BETWEEN_FRAMES',
      severity: 'warning',
      message: `${description}: the patient moved against the longest frame: ${words.join(', ')}`,
      remedy: 'correct the movement before curves are read from these frames, or leave them out',
    },
  ];
}
