import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Dataset, uidFrom } from '@photopeak/dicom';
import { type FrameMotionSummary, frameMotionSummary } from '@photopeak/pipelines';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { photopeak } from '../testing/cli.ts';
import { copySeries, TINY_GRIDS, writeTinyStudy } from '../testing/tiny-study.ts';

const [columns, rows] = TINY_GRIDS.pet.size;
const [pixelMm] = TINY_GRIDS.pet.spacingMm;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'photopeak-frames-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Makes the static PET one frame of a dynamic one, the patient moved to the left by whole pixels. */
function asFrame(number: number, pixels: number) {
  return (dataset: Dataset) => {
    dataset.set('SOPInstanceUID', uidFrom(dataset.text('SOPInstanceUID') ?? '', `frame ${number}`));
    dataset.set('FrameReferenceTime', 60_000 * number);
    dataset.set('ActualFrameDuration', number === 3 ? 120_000 : 60_000);
    const bytes = dataset.bytes('PixelData')!;
    const before = Uint8Array.from(bytes);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const from = 2 * (columns * row + Math.max(0, column - pixels));
        bytes.set(before.subarray(from, from + 2), 2 * (columns * row + column));
      }
  };
}

describe('a dynamic PET during which the patient moved', () => {
  let summary: FrameMotionSummary;
  beforeAll(async () => {
    const study = path.join(folder, 'study');
    await writeTinyStudy(study);
    const dynamic = path.join(folder, 'dynamic');
    for (const [number, pixels] of [
      [1, 0],
      [2, 2],
      [3, 0],
    ] as const) {
      await copySeries(study, ['pet'], path.join(dynamic, `${number}`), asFrame(number, pixels));
    }
    const out = path.join(folder, 'out');
    const { code, stderr, stdout } = await photopeak('run', 'frame-motion', dynamic, '--out', out);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('reference');
    summary = frameMotionSummary.parse(JSON.parse(readFileSync(path.join(out, 'summary.json'), 'utf8')));
  }, 300_000);

  it('tells which frame, how far and where to, against the longest frame', () => {
    const [series] = summary.series;
    expect(series!.frames.map(({ atSeconds }) => atSeconds)).toEqual([60, 120, 180]);
    const [still, moved, reference] = series!.frames;
    expect(reference).toMatchObject({ isReference: true, durationSeconds: 120, movement: null });
    expect(still!.movement!.largestMm).toBeLessThan(1);
    expect(Math.abs(moved!.movement!.shiftMm[0]! - 2 * pixelMm)).toBeLessThan(1);
    expect(Math.abs(moved!.movement!.largestMm - 2 * pixelMm)).toBeLessThan(2);
    expect(series!.moved).toEqual([2]);
  });

  it('says so where a study has no frames', async () => {
    const out = path.join(folder, 'static');
    const study = path.join(folder, 'study', 'dicom', 'pet');
    const { code } = await photopeak('run', 'frame-motion', study, '--out', out);
    expect(code).toBe(3);
  });
});
