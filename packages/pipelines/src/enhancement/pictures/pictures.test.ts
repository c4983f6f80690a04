import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Dataset, decodeFrames, parsePart10, Tag, UID, uidFrom, writePart10 } from '@photopeak/dicom';
import { specklePhantom } from '@photopeak/phantom';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcessRunner } from '../../execution/index.ts';
import type { PipelineResult } from '../../pipeline.ts';
import { collectStudies, studyInput } from '../../study/index.ts';
import { enhancementParameters } from '../parameters.ts';
import { enhancement } from '../pipeline.ts';
import type { EnhancementSummary } from '../summary.ts';

const [width, height, frames] = [200, 160, 2];
const area = width * height;
/** The sector of the clip, and a box of flow within it. */
const sector = { x0: 20, y0: 24, x1: 180, y1: 150 };
const flow = { x0: 110, y0: 80, x1: 140, y1: 110 };
const within = ({ x0, y0, x1, y1 }: typeof sector, x: number, y: number) =>
  x >= x0 && x < x1 && y >= y0 && y < y1;

/** Speckle in a sector, flow in colour over it, letters of white strokes above and within. */
function clip(): Uint8Array {
  const disc = { xPx: 70, yPx: 85, radiusPx: 24, echogenicity: 0.15 };
  const { grey } = specklePhantom({ seed: 31, width, height, frames, decorrelation: 0.1, discs: [disc] });
  const pixels = new Uint8Array(3 * area * frames);
  for (let n = 0; n < area * frames; n++) {
    const [x, y] = [n % width, Math.floor(n / width) % height];
    const isLetter = (y < 16 || (x > 150 && x < 170 && y > 130 && y < 142)) && x % 6 === 0 && y % 12 < 8;
    const value = within(sector, x, y) ? grey[n]! : 0;
    pixels.set(
      isLetter ? [255, 255, 255] : within(flow, x, y) ? [40, 60, 200 + (x % 5)] : [value, value, value],
      3 * n,
    );
  }
  return pixels;
}

const original = clip();

function clipFile(): Uint8Array {
  return writePart10({
    dataset: Dataset.of({
      SOPClassUID: UID.UltrasoundMultiFrameImageStorage,
      SOPInstanceUID: uidFrom('speckle clip', 'instance'),
      StudyInstanceUID: uidFrom('speckle clip', 'study'),
      SeriesInstanceUID: uidFrom('speckle clip', 'series'),
      Modality: 'US',
      Manufacturer: 'PHANTOM ECHOES',
      PatientName: 'Speckle^Phantom',
      PatientID: 'US-1',
      PatientBirthDate: null,
      PatientSex: null,
      StudyDate: '20250102',
      StudyTime: '101112',
      StudyID: '1',
      AccessionNumber: null,
      ReferringPhysicianName: null,
      SeriesNumber: 3,
      SeriesDescription: 'Liver',
      InstanceNumber: 1,
      ImageType: ['ORIGINAL', 'PRIMARY', 'ABDOMINAL', '0001'],
      Laterality: null,
      PatientOrientation: null,
      NumberOfFrames: frames,
      FrameTime: 40,
      FrameIncrementPointer: [Tag.FrameTime],
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      Rows: height,
      Columns: width,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      LossyImageCompression: '00',
      SequenceOfUltrasoundRegions: [
        Dataset.of({
          RegionSpatialFormat: 1,
          RegionDataType: 2,
          RegionFlags: 0,
          RegionLocationMinX0: sector.x0,
          RegionLocationMinY0: sector.y0,
          RegionLocationMaxX1: sector.x1 - 1,
          RegionLocationMaxY1: sector.y1 - 1,
          PhysicalUnitsXDirection: 3,
          PhysicalUnitsYDirection: 3,
          PhysicalDeltaX: 0.03,
          PhysicalDeltaY: 0.03,
        }),
      ],
      PixelData: original,
    }),
  });
}

let folder = '';
let result: PipelineResult<EnhancementSummary>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-speckle-'));
  await writeFile(path.join(folder, 'clip.dcm'), clipFile());
  const { studies } = await collectStudies(folder);
  const runner = inProcessRunner({ run: { key: 'c'.repeat(64), at: '2025-01-03T00:00:00' } });
  const parameters = enhancementParameters.parse({ task: 'speckle' });
  result = await enhancement.run(await studyInput(studies[0]!), parameters, runner);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const derived = () => parsePart10(result.objects.find(({ output }) => output === 'enhanced')!.bytes);

describe('a clip with flow in colour and letters', () => {
  it('comes back as an ultrasound clip that names its source and keeps its regions and times', () => {
    const { dataset } = derived();
    expect(dataset.text('SOPClassUID')).toBe(UID.UltrasoundMultiFrameImageStorage);
    expect(dataset.texts('ImageType')).toEqual(['DERIVED', 'SECONDARY', 'ABDOMINAL', '0001']);
    expect(dataset.text('SeriesDescription')).toBe('AI-DESPECKLED: Liver');
    expect(dataset.number('NumberOfFrames')).toBe(frames);
    expect(dataset.number('FrameTime')).toBe(40);
    expect(dataset.item('SequenceOfUltrasoundRegions')?.number('RegionLocationMinX0')).toBe(sector.x0);
    expect(dataset.item('SourceImageSequence')?.text('ReferencedSOPInstanceUID')).toBe(
      uidFrom('speckle clip', 'instance'),
    );
  });

  it('is changed in grey tissue alone: flow, letters and all else are bit for bit what they were', async () => {
    const shown = (await decodeFrames(derived())).map(({ data }) => data);
    let [changed, tissue] = [0, 0];
    for (let n = 0; n < area * frames; n++) {
      const [x, y] = [n % width, Math.floor(n / width) % height];
      const now = shown[Math.floor(n / area)]!;
      const at = 3 * (n % area);
      const before = original.subarray(3 * n, 3 * n + 3);
      const isSame = before.every((value, c) => value === now[at + c]);
      const isColoured = before[2]! - before[0]! > 20;
      const isLetter = before[0] === 255 && x % 6 === 0;
      if (isColoured || isLetter || !within(sector, x, y)) expect(isSame, `${x}, ${y}`).toBe(true);
      else {
        tissue++;
        if (!isSame) changed++;
        expect(now[at]).toBe(now[at + 2]);
      }
    }
    expect(changed / tissue).toBeGreaterThan(0.7);
  });

  it('tells what was found and what has changed', () => {
    const [entry] = result.summary.series;
    expect(entry!.facts.map(({ name }) => name)).toContain('dynamic range');
    const range = entry!.facts.find(({ name }) => name === 'dynamic range')!;
    expect(Math.abs(Number(range.value) / 60 - 1)).toBeLessThan(0.15);
    expect(entry!.measured.find(({ name }) => name === 'difference-sd')!.after).toBeGreaterThan(5);
    expect(result.findings).toEqual([]);
    // As of every enhanced series: what is in research is known by each of its objects.
    const phases = result.objects.filter(({ kind }) => kind === 'dicom').map(({ phase }) => phase);
    expect(phases).toEqual(['research', 'research']);
  });

  describeWithPeers('and the tools of others', ['dciodvfy'], () => {
    it('find no error in what was written', async () => {
      const file = path.join(folder, 'enhanced.dcm');
      await writeFile(file, result.objects.find(({ output }) => output === 'enhanced')!.bytes);
      const { output } = runPeer('dciodvfy', [file]);
      expect(output.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    });
  });
});
