import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Dataset, parsePart10, uidFrom } from '@photopeak/dicom';
import { createVolume, type Volume } from '@photopeak/imaging';
import { openModel, openPackage } from '@photopeak/models';
import { affineNetwork, manifestText } from '@photopeak/models/testing';
import { describeWithPeers, runPeer } from '@photopeak/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcessRunner, requireDeclaredOutputs } from '../execution/index.ts';
import type { SiteModels } from '../pipeline.ts';
import { collectStudies, studyInput } from '../study/index.ts';
import { applyMethod } from './apply-method.ts';
import { unknownFacts } from './image-facts.ts';
import {
  defaultMethod,
  enhancement,
  enhancementMethods,
  enhancementParameters,
  learnLandmarks,
  planEnhancement,
} from './index.ts';
import { writeDoseReport, writeEnhancedSeries, writeTestSeries } from './test-study.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'photopeak-enhancement-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;

async function run(where: string, parameters: object, models?: SiteModels) {
  const { studies } = await collectStudies(where);
  const runner = inProcessRunner({
    run: { key: 'e'.repeat(64), at: '2026-11-23T11:00:00' },
    ...(models === undefined ? {} : { models }),
  });
  const input = await studyInput(studies[0]!);
  const parsed = enhancementParameters.parse(parameters);
  const result = requireDeclaredOutputs(enhancement, await enhancement.run(input, parsed, runner));
  const series = result.objects
    .filter(({ output }) => output === 'enhanced')
    .map(({ bytes }) => parsePart10(bytes).dataset);
  return { ...result, series };
}

const pixelsOf = (dataset: Dataset) => {
  const bytes = dataset.bytes('PixelData')!;
  return new Int16Array(bytes.slice().buffer, 0, bytes.byteLength / 2);
};

describe('rules of a site', () => {
  let where = '';
  const event = uidFrom('irradiation');
  beforeAll(async () => {
    where = path.join(folder, 'rules');
    await writeTestSeries(where, { name: 'lung', attributes: { ConvolutionKernel: 'LUNG' } });
    await writeTestSeries(where, { name: 'quiet', noise: 4, attributes: { ConvolutionKernel: 'STANDARD' } });
    await writeTestSeries(where, {
      name: 'noisy',
      noise: 40,
      attributes: { ConvolutionKernel: 'STANDARD', IrradiationEventUID: event, CTDIvol: 9 },
    });
    await writeTestSeries(where, { name: 'head', modality: 'MR' });
    await writeDoseReport(where, { eventUid: event, ctdiVolMgy: 1.5 });
  });

  const rules = [
    { name: 'lung stays', when: { attributes: { ConvolutionKernel: 'LUNG' } }, use: 'none' },
    {
      name: 'noisy low dose',
      when: {
        attributes: { Modality: 'CT' },
        measures: { sliceThicknessMm: { atMost: 3 }, noise: { above: 15 }, ctdiVolMgy: { below: 2 } },
      },
      use: { method: 'median-filter', settings: { radius: 2 } },
    },
  ];

  it('choose for each series by header, dose report and measured noise, and say why the others do not', async () => {
    const { studies } = await collectStudies(where);
    const planned = await planEnhancement(
      studies[0]!.instances,
      enhancementParameters.parse({ rules }),
      signal,
    );
    const of = (name: string) => planned.find(({ source }) => source.description === name)!;
    expect(of('lung').source.reason).toBe('the rule lung stays leaves it as it is');
    expect(of('noisy').decision).toMatchObject({
      method: 'median-filter@1.0.0',
      settings: { radius: 2, radiusPlanes: 0 },
    });
    // The dose report counts, not the image.
    expect(JSON.stringify(of('noisy').considered)).toContain('"found":["1.5"]');
    expect(of('quiet').decision).toBeNull();
    const failed = of('quiet').considered[1]!.traces.filter(({ holds }) => !holds);
    expect(failed.map(({ text }) => text)).toEqual(['ctdiVolMgy < 2', 'noise > 15']);
    expect(of('head').source.reason).toBe('no rule holds for it');
    const report = planned.find(({ source }) => source.modality === 'SR')!;
    expect(report.source.reason).toContain('no volume');
  });

  it('are told with their conditions in the summary, without values that could name a patient', async () => {
    const named = [
      {
        name: 'by name',
        when: { attributes: { PatientName: { contains: 'test' } }, measures: { noise: { above: 1 } } },
        use: {},
      },
    ];
    const { summary } = await run(where, { rules: named });
    expect(summary.series).toHaveLength(4);
    const text = JSON.stringify(summary);
    expect(text).toContain('holds: PatientName contains');
    expect(text).toMatch(/holds: noise > 1; found \d/);
    expect(text).not.toContain('Test^Patient');
  });

  it('that cannot work are refused with the place', () => {
    const parsed = enhancementParameters.safeParse({
      rules: [{ name: 'x', when: { attributes: { SliceThicknes: 1 } }, use: 'none' }],
    });
    expect(parsed.error!.issues[0]).toMatchObject({
      path: ['rules', 0, 'when', 'attributes', 'SliceThicknes'],
      message: expect.stringContaining('is SliceThickness meant?'),
    });
    const settings = enhancementParameters.safeParse({
      rules: [{ name: 'x', use: { method: 'median-filter', settings: { radius: 9 } } }],
    });
    expect(JSON.stringify(settings.error!.issues)).toContain('radius');
  });
});

describe('an Enhanced CT image', () => {
  it('is chosen by what its frames say, and gives one of its kind with the same values as single frames', async () => {
    const [single, multi] = [path.join(folder, 'single'), path.join(folder, 'multi')];
    const series = { name: 'chest', padding: -2000 };
    await writeTestSeries(single, series);
    await writeEnhancedSeries(multi, series);
    const rules = [
      {
        name: 'thin standard',
        when: {
          attributes: { ConvolutionKernel: 'STANDARD' },
          measures: { sliceThicknessMm: { atMost: 2 }, noise: { above: 15 } },
        },
        use: { method: 'gaussian-smoothing', settings: { fwhmMm: 3 } },
      },
    ];
    const ofFrames = await run(multi, { rules });
    const ofSlices = await run(single, { method: 'gaussian-smoothing', settings: { fwhmMm: 3 } });
    expect(ofFrames.series).toHaveLength(1);
    expect(ofFrames.summary.series[0]!.result).toMatchObject({ instanceCount: 1, keepsGeometry: true });
    expect(ofFrames.summary.series[0]!.measured).toEqual(ofSlices.summary.series[0]!.measured);
    const [object] = ofFrames.series;
    expect(object!.number('NumberOfFrames')).toBe(8);
    const frames = object!.items('PerFrameFunctionalGroupsSequence');
    // Frames in the order of the volume: the source had the last slice first.
    const sources = frames.map((frame) =>
      frame.item('DerivationImageSequence')!.item('SourceImageSequence')!.number('ReferencedFrameNumber'),
    );
    expect(sources).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    const ofEach = ofSlices.series.flatMap((one) => [...pixelsOf(one)]);
    expect([...pixelsOf(object!)]).toEqual(ofEach);
  });
});

describe('a diffusion series', () => {
  const volumes = 12;
  let where = '';
  beforeAll(async () => {
    where = path.join(folder, 'diffusion');
    const SeriesInstanceUID = uidFrom('diffusion series');
    for (let n = 0; n < volumes; n++)
      await writeTestSeries(where, {
        // The noise follows from the length of the name.
        name: 'd'.repeat(n + 1),
        modality: 'MR',
        planes: 4,
        size: 24,
        attributes: {
          SeriesInstanceUID,
          SeriesDescription: 'DWI',
          DiffusionBValue: n === 0 ? 0 : 1000,
          ...(n === 0 ? {} : { DiffusionGradientOrientation: [Math.cos(n), Math.sin(n), 0] }),
        },
      });
  });

  it('is denoised as one, by the components that its volumes share, into one series', async () => {
    const { series, summary } = await run(where, {});
    expect(summary.left).toEqual([]);
    expect(summary.series).toHaveLength(1);
    const [entry] = summary.series;
    expect(entry!.method.id).toBe('mp-pca');
    expect(entry!.source).toMatchObject({
      description: 'DWI (12 volumes)',
      instanceCount: 48,
      reason: 'mp-pca is the built-in method for denoise of 12 volumes of MR on one grid',
    });
    expect(entry!.result).toMatchObject({ instanceCount: 48, keepsGeometry: true });
    expect(series.map((one) => one.number('InstanceNumber'))).toEqual(
      Array.from({ length: 48 }, (_, n) => n + 1),
    );
    expect(new Set(series.map((one) => one.text('SOPInstanceUID'))).size).toBe(48);
    expect(new Set(series.map((one) => one.text('SeriesInstanceUID'))).size).toBe(1);
    // Each volume keeps its weighting: 4 planes without, 44 with.
    expect(series.filter((one) => one.number('DiffusionBValue') === 1000)).toHaveLength(44);
    // Tissue of 500 with a noise of 20, whose volumes share one component.
    const tissue = [...pixelsOf(series[5]!)].filter((value) => value > 300);
    const mean = tissue.reduce((sum, value) => sum + value, 0) / tissue.length;
    const sd = Math.sqrt(tissue.reduce((sum, value) => sum + (value - mean) ** 2, 0) / tissue.length);
    expect(mean).toBeCloseTo(500, -1);
    expect(sd).toBeLessThan(10);
    const sigma = entry!.facts.find(({ name }) => name === 'median sigma')!.value;
    expect(Math.abs(Number(sigma) - 20)).toBeLessThan(3);
  });

  it('is left to methods of single volumes where one is named, and a single volume to none of series', async () => {
    const { studies } = await collectStudies(where);
    const plan = (parameters: object) =>
      planEnhancement(studies[0]!.instances, enhancementParameters.parse(parameters), signal);
    const each = await plan({ method: 'nonlocal-mr' });
    expect(each.filter(({ decision }) => decision !== null)).toHaveLength(volumes);
    const one = path.join(folder, 'one volume');
    await writeTestSeries(one, { name: 'head', modality: 'MR', planes: 4, size: 24 });
    const alone = await collectStudies(one);
    const [single] = await planEnhancement(
      alone.studies[0]!.instances,
      enhancementParameters.parse({ method: 'mp-pca' }),
      signal,
    );
    expect(single!.source.reason).toBe('mp-pca needs 4 volumes of one series on one grid, and there is 1');
  });
});

describe('a protocol learned from the images of a site', () => {
  it('is what images of another scanner are brought to', async () => {
    const protocol = path.join(folder, 'protocol');
    const small = { modality: 'MR', planes: 4, size: 24 } as const;
    await writeTestSeries(protocol, { ...small, name: 'T1 one' });
    await writeTestSeries(protocol, { ...small, name: 'T1 other' });
    await writeTestSeries(protocol, { ...small, name: 'localizing FLAIR' });
    await writeTestSeries(protocol, { name: 'T1 of a CT', planes: 4, size: 24 });
    const learned = await learnLandmarks({
      inputs: [protocol],
      description: 't1',
      biasField: false,
      signal,
    });
    expect(learned.images.map(({ description }) => description).sort()).toEqual(['T1 one', 'T1 other']);
    expect(learned.images[0]!.scanner).toBe('Scanner Model 7');
    expect(learned.spread).toBeLessThan(0.1);
    // The middle of tissue of 500.
    expect(learned.landmarks[5]).toBeCloseTo(500, -1);
    const other = path.join(folder, 'other scanner');
    await writeTestSeries(other, {
      ...small,
      name: 'T1',
      attributes: { RescaleSlope: 3, RescaleIntercept: 0 },
    });
    const settings = { landmarks: learned.landmarks, biasField: false };
    const { summary } = await run(other, { task: 'harmonise', settings, quality: { isOn: false } });
    const mean = summary.series[0]!.measured.find(({ name }) => name === 'mean')!;
    expect(mean.after! / mean.before!).toBeCloseTo(1 / 3, 1);
    await expect(learnLandmarks({ inputs: [protocol], description: 'T2', signal })).rejects.toMatchObject({
      code: 'LEARN_NO_IMAGE',
    });
  });
});

describe('an enhanced CT', () => {
  it('keeps place and scale, leaves what is padding, and stays apart from its source', async () => {
    const where = path.join(folder, 'ct');
    const uid = await writeTestSeries(where, { name: 'chest', padding: -2000 });
    const { series, summary } = await run(where, { method: 'gaussian-smoothing', settings: { fwhmMm: 3 } });
    expect(series).toHaveLength(8);
    const [first] = series;
    expect(first!.text('SeriesInstanceUID')).not.toBe(uid);
    expect(first!.text('SeriesInstanceUID')).toBe(summary.series[0]!.result!.seriesInstanceUid);
    expect(first!.texts('ImageType')).toEqual(['DERIVED', 'SECONDARY', 'AXIAL']);
    expect(first!.number('RescaleIntercept')).toBe(-1024);
    expect(first!.text('DerivationDescription')).toBe(
      'Noise reduction by gaussian-smoothing 1.0.0 (fwhmMm=3); unit and scale of the values unchanged',
    );
    // −1024 HU, as the padding was read; nothing of the tissue was smeared into it.
    expect(pixelsOf(first!)[0]).toBe(0);
    const noise = summary.series[0]!.measured.find(({ name }) => name === 'noise')!;
    expect(noise.after!).toBeLessThan(0.4 * noise.before!);
    const shift = summary.series[0]!.measured.find(({ name }) => name === 'difference-mean')!;
    expect(Math.abs(shift.after!)).toBeLessThan(2);
  });

  it('of a tilted gantry has every plane where it was', async () => {
    const where = path.join(folder, 'tilted');
    await writeTestSeries(where, { name: 'tilted', shearMm: 0.5 });
    const { series, findings } = await run(where, { method: 'median-filter' });
    expect(series.map((one) => one.numbers('ImagePositionPatient')[1])).toEqual([
      0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5,
    ]);
    expect(findings.map(({ code }) => code)).toContain('SERIES_GANTRY_TILT');
  });

  it('is without the research flag once the phase is another', async () => {
    const where = path.join(folder, 'ct');
    const flagOf = async (phase: string) =>
      (await run(where, { method: 'median-filter', phase })).series[0]!.text('ContentQualification');
    expect([await flagOf('research'), await flagOf('assist')]).toEqual(['RESEARCH', undefined]);
  });
});

describe('metal', () => {
  it('loses a part of its streaks in a series of its own, stays as it was, and is missed where there is none', async () => {
    const where = path.join(folder, 'metal');
    await writeTestSeries(where, { name: 'hip', noise: 2, planes: 2, isWithMetal: true });
    const { series, summary } = await run(where, { task: 'metal' });
    expect(series).toHaveLength(2);
    expect(series[0]!.text('SeriesDescription')).toBe('AI-METAL: hip');
    expect(summary.series[0]!.method.id).toBe('metal-streaks');
    const pixels = pixelsOf(series[0]!);
    expect(pixels[24 + 48 * 24]).toBeGreaterThan(4080);
    // 200 HU above tissue.
    expect(pixels[34 + 48 * 24]! - 1064).toBeLessThan(140);

    const plain = path.join(folder, 'no-metal');
    await writeTestSeries(plain, { name: 'chest', planes: 2 });
    const none = await run(plain, { task: 'metal' });
    expect(none.series).toHaveLength(0);
    expect(none.findings.map(({ code }) => code)).toContain('ENHANCE_NO_METAL');
  });
});

describe('a model of the site', () => {
  it('takes the place of a method, in its own phase, and is named with its digest', async () => {
    const home = path.join(folder, 'model');
    await mkdir(home);
    await writeFile(path.join(home, 'model.onnx'), affineNetwork(['n', 1, 'h', 'w'], 0.5));
    await writeFile(path.join(home, 'model.yaml'), manifestText());
    const opened = await openPackage(home);
    const models: SiteModels = {
      open: async (digest, options) => {
        expect(digest).toBe(opened.digest);
        return { manifest: opened.manifest, model: await openModel(opened, options) };
      },
    };
    const where = path.join(folder, 'model-ct');
    await writeTestSeries(where, { name: 'chest', noise: 0, planes: 3 });
    const pinned = {
      id: 'test-model',
      version: '1.0.0',
      digest: opened.digest,
      phase: 'research',
      task: 'denoise',
      modalities: ['CT'],
      modality: 'CT',
      protocol: '',
    };
    const parameters = { method: 'test-model', models: [pinned], phase: 'production' };
    const { series, summary } = await run(where, parameters, models);
    // 40 HU becomes 20 HU: half of what the network was given.
    expect(pixelsOf(series[1]!)[24 + 48 * 24]).toBe(1044);
    expect(series[0]!.text('ContentQualification')).toBe('RESEARCH');
    expect(summary.series[0]).toMatchObject({
      method: { id: 'test-model', digest: opened.digest },
      phase: 'research',
      facts: [{ name: 'provider', value: 'cpu' }, { name: 'runtime' }],
    });

    // Beside a method that is not in research it has a report of its own, which is not delivered either.
    await writeTestSeries(where, { name: 'head', planes: 3, modality: 'MR' });
    const rules = [
      { name: 'chest', when: { attributes: { Modality: 'CT' } }, use: { method: 'test-model' } },
      { name: 'rest', use: { method: 'median-filter' } },
    ];
    const both = await run(
      where,
      { rules, models: [pinned], phase: 'assist', quality: { isOn: false } },
      models,
    );
    const phases = both.objects
      .filter(({ kind }) => kind === 'dicom')
      .map(({ output, phase }) => `${output} ${phase}`);
    expect(phases.toSorted()).toEqual([
      ...Array(3).fill('enhanced assist'),
      ...Array(3).fill('enhanced research'),
      'enhancement-sr research',
      'enhancement-sr undefined',
    ]);
    const reports = both.objects.filter(({ output }) => output === 'enhancement-sr');
    expect(new Set(reports.map(({ sopInstanceUid }) => sopInstanceUid)).size).toBe(2);
    expect(reports.map(({ fileName }) => fileName)).toEqual([
      'enhancement-sr.dcm',
      'enhancement-sr-research.dcm',
    ]);
    const unplaced = await run(where, { method: 'other-model', models: [pinned] }, models);
    expect(unplaced.summary.left[0]!.reason).toBe('there is no method or model other-model in use for it');
    expect(unplaced.findings.map(({ code }) => code)).toEqual(['ENHANCE_NOTHING_TO_DO']);
  }, 60_000);
});

/** Somebody else's machine: takes DICOM, fails where it can tell the patient, and adds 5 HU. */
const ELSEWHERE = `
import { readFileSync, writeFileSync } from 'node:fs';
const { scanFolder, parsePart10, writePart10 } = await import('${import.meta.resolve('@photopeak/dicom')}');
const { instances } = await scanFolder(process.argv[2]);
for (const [n, { path }] of instances.entries()) {
  const bytes = readFileSync(path);
  for (const word of ['Test^Patient', 'T-1', '${uidFrom('enhancement test study')}'])
    if (bytes.includes(word)) { console.error('knows the patient'); process.exit(4); }
  const { dataset } = parsePart10(bytes);
  dataset.set('RescaleIntercept', dataset.number('RescaleIntercept') + 5);
  writeFileSync(process.argv[3] + '/' + n + '.dcm', writePart10({ dataset }));
}
`;

describe('inference elsewhere', () => {
  it('gets the series without the patient, and what comes back is the patient’s again', async () => {
    const home = path.join(folder, 'elsewhere');
    await mkdir(home);
    const command = [process.execPath, '{model}/run.mjs', '{inputFolder}', '{outputFolder}'];
    await writeFile(path.join(home, 'run.mjs'), ELSEWHERE);
    await writeFile(
      path.join(home, 'model.yaml'),
      manifestText({ runtime: `  kind: command\n  format: dicom\n  command: ${JSON.stringify(command)}` }),
    );
    const opened = await openPackage(home);
    const models: SiteModels = {
      open: async (_, options) => ({
        manifest: opened.manifest,
        model: await openModel(opened, { ...options, allowPrograms: true }),
      }),
    };
    const where = path.join(folder, 'elsewhere-ct');
    await writeTestSeries(where, { name: 'chest', noise: 0, planes: 3 });
    const pinned = {
      id: 'test-model',
      version: '1.0.0',
      digest: opened.digest,
      phase: 'assist',
      task: 'denoise',
      modalities: ['CT'],
      modality: '',
      protocol: '',
    };
    const { series } = await run(where, { method: 'test-model', models: [pinned], phase: 'assist' }, models);
    expect(series).toHaveLength(3);
    for (const one of series) {
      expect(one.text('PatientName')).toBe('Test^Patient');
      expect(one.text('StudyInstanceUID')).toBe(uidFrom('enhancement test study'));
      expect(one.text('FrameOfReferenceUID')).toBe(uidFrom('enhancement test frame'));
    }
    expect(pixelsOf(series[1]!)[24 + 48 * 24]).toBe(1069);
  }, 60_000);
});

describe('methods of the catalogue', () => {
  const size = [40, 36, 30] as const;
  const grid = {
    size,
    spacingMm: [1, 1, 2],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;
  const noisy = (modality: string): Volume => {
    const data = new Int16Array(size[0] * size[1] * size[2]);
    for (let n = 0; n < data.length; n++) data[n] = 40 + ((n * 7919) % 101) - 50 * Number(n % 17 === 0);
    return createVolume(grid, data, modality === 'CT' ? "[hnsf'U]" : '1');
  };
  const slabbed = enhancementMethods.filter(({ reachPlanes }) => reachPlanes !== undefined);

  it.each(slabbed.map((method) => [method.id, method] as const))(
    '%s gives the same in slabs as at once',
    async (_, method) => {
      const [modality = ''] = method.modalities;
      const image = {
        volume: noisy(modality),
        planes: 'slices',
        facts: unknownFacts(modality, '', modality === 'CT' ? "[hnsf'U]" : '1'),
      } as const;
      const settings = method.parameters.parse({});
      const context = { signal, progress: () => {} };
      const whole = await applyMethod(method, image, settings, context);
      const parts = await applyMethod(method, image, settings, { ...context, slabVoxels: 40 * 36 * 5 });
      const rounded = Int16Array.from(whole.volume!.data, Math.round);
      expect(parts.volume!.data).toEqual(rounded);
    },
    60_000,
  );

  it.each([
    ['beyond 16 bits with a sign', Uint16Array, 50_000],
    ['of bytes', Uint8Array, 200],
  ])('keep values %s in slabs', async (_, Values, value) => {
    const method = slabbed.find(({ id }) => id === 'gaussian-smoothing')!;
    const data = new Values(size[0] * size[1] * size[2]).fill(value);
    const image = {
      volume: createVolume(grid, data, '1'),
      planes: 'slices',
      facts: unknownFacts('MR', '', '1'),
    } as const;
    const context = { signal, progress: () => {}, slabVoxels: 40 * 36 * 5 };
    const { volume } = await applyMethod(method, image, method.parameters.parse({}), context);
    expect(new Set(volume!.data)).toEqual(new Set([value]));
  });

  it.each([
    ['CT', 1, 'nonlocal-ct'],
    ['MR', 1, 'nonlocal-mr'],
    ['MR', 11, 'nonlocal-mr'],
    ['MR', 12, 'mp-pca'],
    ['PT', 1, 'nonlocal-pet'],
    ['NM', 1, 'gaussian-smoothing'],
    ['US', 1, 'speckle-reduction'],
  ])('for less noise in %s of %i volumes: %s', (modality, volumes, id) => {
    expect(defaultMethod('denoise', modality, volumes)?.id).toBe(id);
  });

  it('have names, versions and limits that can be shown', () => {
    const ids = enhancementMethods.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, version, limits, intendedUse, parameters } of enhancementMethods) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(limits.length).toBeGreaterThan(0);
      expect(intendedUse.length).toBeGreaterThan(20);
      expect(parameters.safeParse({}).success, `${id} needs no settings`).toBe(true);
    }
  });
});

describeWithPeers('enhanced CT and MR before the tools of others', ['dciodvfy'], () => {
  it('have no error', async () => {
    const where = path.join(folder, 'valid');
    await writeTestSeries(where, { name: 'ct', planes: 3 });
    await writeTestSeries(where, { name: 'mr', planes: 3, modality: 'MR' });
    const { objects } = await run(where, { method: 'median-filter' });
    const dicom = objects.filter(({ kind }) => kind === 'dicom');
    expect(dicom).toHaveLength(7);
    for (const { bytes, fileName } of dicom) {
      const file = path.join(folder, 'object.dcm');
      await writeFile(file, bytes);
      const { output } = runPeer('dciodvfy', [file]);
      expect(
        output.split('\n').filter((line) => line.startsWith('Error')),
        fileName,
      ).toEqual([]);
    }
  });
});
