import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mapVentricle } from '@photopeak/analysis';
import {
  errorsOf,
  groupSeries,
  instanceFromHeader,
  loadSeriesVolume,
  MYOCARDIAL_SEGMENTS,
  parsePart10,
  photopeak,
  readFileHeader,
  readMeasurementReport,
  sameCode,
  sct,
  ucum,
  validate,
} from '@photopeak/dicom';
import { type CardiacPhantomOptions, writeCardiacStudy } from '@photopeak/phantom';
import { dataFile, describeWithData, describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcessRunner, resultKey } from '../execution/index.ts';
import type { PipelineResult, StudyInput } from '../pipeline.ts';
import { collectStudies, studyInput } from '../study/index.ts';
import {
  buildNormals,
  type CardiacSummary,
  cardiacParameters,
  cardiacPerfusion,
  cardiacSummary,
} from './index.ts';

let folder = '';
const AT = '2026-11-23T10:15:00';

async function process(input: StudyInput, given: object = {}): Promise<PipelineResult<CardiacSummary>> {
  const parameters = cardiacParameters.parse(given);
  const run = { key: resultKey(cardiacPerfusion, parameters, input), at: AT };
  return cardiacPerfusion.run(input, parameters, inProcessRunner({ run }));
}

async function inputOf(of: string): Promise<StudyInput> {
  const { studies } = await collectStudies(of);
  return studyInput(studies[0]!);
}

async function phantomStudy(
  name: string,
  phantom: CardiacPhantomOptions,
  states?: readonly ('stress' | 'rest')[],
) {
  const where = path.join(folder, name);
  const { dicomFolder, phantom: made } = await writeCardiacStudy({
    folder: where,
    phantom,
    ...(states === undefined ? {} : { states }),
  });
  return { input: await inputOf(dicomFolder), truth: made.truth };
}

async function written(result: PipelineResult<unknown>, name: string): Promise<string[]> {
  const files: string[] = [];
  for (const { kind, fileName, bytes } of result.objects) {
    if (kind !== 'dicom') continue;
    const file = path.join(folder, name, fileName);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
    files.push(file);
  }
  return files;
}

const inferior = { angleDegrees: 270, widthDegrees: 100, from: 0.25, to: 0.8 };
let spect: {
  input: StudyInput;
  truth: Awaited<ReturnType<typeof phantomStudy>>['truth'];
  result: PipelineResult<CardiacSummary>;
};
let pet: typeof spect;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-heart-'));
  const heart = await phantomStudy('spect', {
    seed: 71,
    defects: [{ ...inferior, uptake: 0.3 }],
    dilation: 1.3,
    ejectionFraction: 0.5,
    gates: 6,
    counts: 250,
    ctShiftMm: [0, -9, -10],
  });
  spect = { ...heart, result: await process(heart.input) };
  const scanned = await phantomStudy('pet', { seed: 72, modality: 'PT', sex: 'F' }, ['stress']);
  pet = { ...scanned, result: await process(scanned.input) };
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a SPECT study with a reversible inferior defect', () => {
  it('is summed up with scores, dilation, ejection fraction and sentences', () => {
    const summary = cardiacSummary.parse(JSON.parse(JSON.stringify(spect.result.summary)));
    const [stress, rest] = summary.states;
    expect(stress).toMatchObject({ state: 'stress', series: { modality: 'NM', attenuationCorrected: true } });
    expect(stress!.perfusion!.segments[9]!.score).toBe(4);
    expect(rest!.perfusion!.summedScore).toBe(0);
    expect(summary.difference!.summedDifferenceScore).toBe(stress!.perfusion!.summedScore);
    expect(Math.abs(stress!.perfusion!.halfDepthExtent - spect.truth.stress.extent)).toBeLessThan(0.03);
    expect(Math.abs(summary.dilation!.ratio / spect.truth.dilation - 1)).toBeLessThan(0.05);
    expect(stress!.beat!.gates).toBe(6);
    expect(Math.abs(rest!.beat!.ejectionFraction - spect.truth.rest.ejectionFraction!)).toBeLessThan(0.07);
    expect(summary.sentences.join(' ')).toMatch(/mid inferior.*right coronary/);
    expect(summary.sentences.join(' ')).toContain('larger at stress than at rest');
  });

  it('is warned of a CT whose heart lies elsewhere', () => {
    const [stress, rest] = spect.result.summary.states;
    const missed = stress!.ctAlignment!.shiftMm.map((mm, axis) => mm - spect.truth.ctShiftMm[axis]!);
    expect(Math.hypot(...missed)).toBeLessThan(5);
    // The CT is in the frame of reference of the stress images only.
    expect(rest!.ctAlignment).toBeNull();
    const codes = spect.result.findings.map(({ code }) => code);
    expect(codes.filter((code) => code === 'CARDIAC_ATTENUATION_MISALIGNED')).toHaveLength(1);
  });

  it('says everywhere that simulated normals are not for diagnosis', () => {
    const { summary, findings, objects } = spect.result;
    expect(summary.normals).toMatchObject({
      isSimulated: true,
      name: expect.stringContaining('not for diagnosis'),
    });
    expect(findings.map(({ code }) => code)).toContain('CARDIAC_NORMALS_SIMULATED');
    const page = new TextDecoder().decode(objects.find(({ output }) => output === 'report')!.bytes);
    expect(page).toContain('not for diagnosis');
    const report = readMeasurementReport(parsePart10(dicomOf('measurements-sr')).dataset);
    const values = report.groups.flatMap(({ evaluations }) => evaluations ?? []);
    expect(values.some(({ value }) => typeof value === 'string' && /not for diagnosis/.test(value))).toBe(
      true,
    );
  });

  it('has the 17 segments with their codes in the measurement report', () => {
    const report = readMeasurementReport(parsePart10(dicomOf('measurements-sr')).dataset);
    const { segments } = spect.result.summary.states[0]!.perfusion!;
    for (const [index, code] of MYOCARDIAL_SEGMENTS.entries()) {
      const group = report.groups.find(
        ({ trackingId, sites }) =>
          trackingId?.startsWith('Stress') && sites?.some(({ site }) => sameCode(site, code)),
      );
      const score = group?.measurements.find(({ name }) => sameCode(name, photopeak.segmentScore));
      expect(score?.value, code.meaning).toBe(segments[index]!.score);
    }
    const ratios = report.groups.flatMap(({ measurements }) =>
      measurements.filter(({ name }) => sameCode(name, sct.transientIschemicDilatationRatio)),
    );
    expect(ratios).toHaveLength(1);
    expect(ratios[0]!.value).toBeCloseTo(spect.result.summary.dilation!.ratio, 6);
  });

  it('has the phases of the contraction, in degrees, in the measurement report', () => {
    const report = readMeasurementReport(parsePart10(dicomOf('measurements-sr')).dataset);
    const measured = report.groups.find(
      ({ trackingId }) => trackingId === 'Rest: left ventricle',
    )!.measurements;
    const phase = spect.result.summary.states[1]!.beat!.phase!;
    for (const [name, value] of [
      [photopeak.phaseMean, phase.meanDegrees],
      [photopeak.phaseSd, phase.sdDegrees],
      [photopeak.phaseBandwidth, phase.bandwidthDegrees],
    ] as const) {
      const found = measured.find((one) => sameCode(one.name, name))!;
      expect(found.value, name.meaning).toBeCloseTo(value, 6);
      expect(found.unit).toEqual(ucum.degree);
    }
  });

  it('is turned to the short axis: the map of the turned series is the same', async () => {
    const [file] = (await written(spect.result, 'again')).filter((name) =>
      name.includes('short-axis-stress'),
    );
    const [series] = groupSeries([instanceFromHeader(readFileHeader(file!))!]);
    const { volume } = await loadSeriesVolume(series!);
    const { ventricle } = await mapVentricle(volume);
    const { axis } = spect.result.summary.states[0]!.ventricle;
    const cosine = ventricle.axis.reduce((sum, value, n) => sum + value * axis[n]!, 0);
    expect((Math.acos(Math.min(1, cosine)) * 180) / Math.PI).toBeLessThan(2);
    // Slices run along the axis from apex to base.
    expect(
      volume.direction[2]! * axis[0] + volume.direction[5]! * axis[1] + volume.direction[8]! * axis[2],
    ).toBeCloseTo(-1, 3);
  });

  it('gives the same bytes again', async () => {
    const again = await process(spect.input);
    expect(again.objects.map(({ fileName }) => fileName)).toEqual(
      spect.result.objects.map(({ fileName }) => fileName),
    );
    for (const [n, { fileName, bytes }] of again.objects.entries())
      expect(Buffer.compare(bytes, spect.result.objects[n]!.bytes), fileName).toBe(0);
  });
});

const dicomOf = (output: string): Uint8Array =>
  spect.result.objects.find((object) => object.output === output)!.bytes;

describe('what is there only in part', () => {
  it('is one state: no difference, and a notice', () => {
    const { summary, findings } = pet.result;
    expect(summary.states.map(({ state }) => state)).toEqual(['stress']);
    expect(summary).toMatchObject({ difference: null, dilation: null });
    expect(findings.map(({ code }) => code)).toContain('CARDIAC_ONE_STATE');
    expect(summary.states[0]!.perfusion).toMatchObject({ summedScore: 0, normals: { sex: 'F' } });
  });

  it('is a study without a heart: an error that says what to send, and still a report', async () => {
    const [first] = spect.input.instances;
    const instances = [
      { ...first!, path: (await written(spect.result, 'own')).find((name) => name.endsWith('slices.dcm'))! },
    ];
    const { summary, findings, objects } = await process({ ...spect.input, instances });
    expect(summary.states).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'CARDIAC_NO_TOMOGRAM', severity: 'error' }),
    );
    expect(objects.map(({ output }) => output)).toEqual(['summary', 'report']);
  });

  it('is a folder without studies that normal limits could be built from', async () => {
    await expect(buildNormals({ name: 'none', studies: [], say: () => {} })).rejects.toMatchObject({
      code: 'CARDIAC_NORMALS_TOO_FEW',
    });
  });

  it('is a file of normals that does not exist', async () => {
    await expect(process(pet.input, { normals: path.join(folder, 'nothing.json') })).rejects.toMatchObject({
      code: 'CARDIAC_NORMALS_UNREADABLE',
    });
  });
});

describeWithPeers('the objects, as other software sees them', ['dciodvfy', 'dcmdump', 'dsrdump'], () => {
  it('have no error in dciodvfy and in our validator, and can be read', async () => {
    const files = [...(await written(spect.result, 'spect-out')), ...(await written(pet.result, 'pet-out'))];
    for (const file of [
      ...files.filter((name) => !/short-axis-stress\/0/.test(name)),
      files.find((name) => /\/0001/.test(name))!,
    ]) {
      const { output } = runPeer('dciodvfy', [file]);
      expect(
        output.split('\n').filter((line) => /^Error/.test(line)),
        file,
      ).toEqual([]);
      const { dataset } = parsePart10(await readFile(file));
      expect(errorsOf(validate(dataset)), file).toEqual([]);
      expect(runPeer('dcmdump', [file]).output).toContain('Photopeak');
    }
    const report = files.find((name) => name.includes('spect-out') && name.endsWith('measurements-sr.dcm'))!;
    expect(runPeer('dsrdump', [report]).output).toContain('Left ventricle mid inferior segment');
  });
});

describeWithData('a real tomogram of an old camera, without position and orientation', () => {
  it('is oriented by its label and mapped', async () => {
    const file = dataFile('us_rf_and_clips', 'NM-MONO2-16-13x-heart');
    const where = path.join(folder, 'real');
    await mkdir(where, { recursive: true });
    await copyFile(file, path.join(where, 'heart.dcm'));
    const { summary, objects, findings } = await process(await inputOf(where), {
      attenuation: 'uncorrected',
    });
    const [heart] = summary.states;
    // The label says horizontal long axis: apex up, seen from the feet; the heart is tilted by some degrees.
    expect(heart!.ventricle.axis[1]).toBeLessThan(-0.95);
    expect(heart!.ventricle.anterior[2]).toBeGreaterThan(0.95);
    expect(heart!.ventricle.residualMm).toBeLessThan(2);
    expect(heart!.state).toBeNull();
    expect(findings.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['CARDIAC_STATE_UNKNOWN', 'SERIES_ORIENTATION_ASSUMED', 'CARDIAC_SEX_UNKNOWN']),
    );
    expect(objects.map(({ output }) => output)).toContain('short-axis');
  });
});
