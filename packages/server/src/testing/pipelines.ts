/**
 * A small true pipeline for tests of the node: reads every instance, counts them, and writes a Secondary Capture
 * and a JSON summary. It has intermediate data large enough to need files, and no knowledge of medicine.
 */
import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  buildMeasurementReport,
  Dataset,
  dcm,
  encodeObject,
  readFileHeader,
  sct,
  UID,
  ucum,
  uidFrom,
  writePart10,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import {
  type AlignmentByHand,
  alignmentByHand,
  enhancement,
  type Pipeline,
  type Step,
  type StudyInput,
} from '@photopeak/pipelines';
import { z } from 'zod';

const parameters = z.strictObject({
  /** Milliseconds that each step takes besides its work. */
  slowMs: z.number().default(0),
  /** Refuse studies without this modality. */
  require: z.string().default(''),
  /** Findings to report, one per instance; 0 writes no report. */
  findings: z.number().int().default(0),
  alignment: alignmentByHand.optional(),
  /** A registration score for the summary; −1: none. */
  score: z.number().int().default(-1),
  /** Verdicts of quality control, of the capture first. */
  quality: z.array(z.enum(['passed', 'flagged', 'held'])).default([]),
  /** Also deliver the digests of the instances. */
  digests: z.boolean().default(false),
});
type Parameters = z.infer<typeof parameters>;

interface Read {
  readonly digests: Uint8Array;
  readonly counts: Readonly<Record<string, number>>;
}

const read: Step<{ input: StudyInput; slowMs: number; require: string }, Read> = {
  name: 'read',
  version: '1',
  resource: 'cpu',
  async run({ input, slowMs, require }, { progress, signal }) {
    const counts: Record<string, number> = {};
    const digests = new Uint8Array(input.instances.length * 32);
    for (const [index, instance] of input.instances.entries()) {
      const bytes = await readFile(instance.path);
      digests.set(createHash('sha256').update(bytes).digest(), index * 32);
      counts[instance.modality] = (counts[instance.modality] ?? 0) + 1;
      progress((index + 1) / input.instances.length, `${index + 1} read`);
    }
    if (require !== '' && counts[require] === undefined) {
      throw new PhotopeakError('the study lacks a modality', {
        code: 'COUNTING_MODALITY_MISSING',
        expected: require,
        found: Object.keys(counts).sort().join(', '),
        remedy: 'send the missing series',
      });
    }
    await pause(slowMs, undefined, { signal });
    return { digests, counts };
  },
};

const combine: Step<{ read: Read; slowMs: number }, { picture: Uint8Array; size: number }> = {
  name: 'combine',
  version: '1',
  resource: 'cpu',
  async run({ read: { digests }, slowMs }, { signal }) {
    const size = 64;
    const picture = new Uint8Array(size * size);
    const seed = createHash('sha256').update(digests).digest();
    for (let index = 0; index < picture.length; index++) picture[index] = seed[index % 32]! ^ (index & 255);
    await pause(slowMs, undefined, { signal });
    return { picture, size };
  },
};

const render: Step<
  { input: StudyInput; picture: Uint8Array; size: number; slowMs: number },
  { bytes: Uint8Array; sop: string; series: string }
> = {
  name: 'render',
  version: '1',
  resource: 'cpu',
  async run({ input, picture, size, slowMs }, { run, signal }) {
    const source = readFileHeader(input.instances[0]!.path).dataset;
    const series = uidFrom(run.key, 'capture-series');
    const sop = uidFrom(run.key, 'capture');
    const dataset = Dataset.of({
      SOPClassUID: UID.SecondaryCaptureImageStorage,
      SOPInstanceUID: sop,
      SeriesInstanceUID: series,
      Modality: 'OT',
      Manufacturer: 'Photopeak',
      ManufacturerModelName: 'counting',
      SeriesNumber: 900,
      InstanceNumber: 1,
      SeriesDescription: 'Counted',
      ConversionType: 'WSD',
      ContentDate: run.at.slice(0, 10).replaceAll('-', ''),
      ContentTime: run.at.slice(11).replaceAll(':', ''),
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: size,
      Columns: size,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
    });
    dataset.copyFrom(source, [
      ...(['StudyInstanceUID', 'PatientName', 'PatientID', 'PatientSex', 'StudyDate', 'StudyTime'] as const),
      'StudyDescription',
    ]);
    dataset.set('PixelData', picture, 'OB');
    await pause(slowMs, undefined, { signal });
    return { bytes: writePart10({ dataset }), sop, series };
  },
};

const report: Step<
  { input: StudyInput; findings: number },
  { bytes: Uint8Array; sop: string; series: string }
> = {
  name: 'report',
  version: '1',
  resource: 'cpu',
  async run({ input, findings }, { run }) {
    const source = readFileHeader(input.instances[0]!.path).dataset;
    const series = uidFrom(run.key, 'report-series');
    const sop = uidFrom(run.key, 'report');
    const bytes = encodeObject(
      buildMeasurementReport({
        context: {
          source,
          equipment: {
            manufacturer: 'Photopeak',
            model: 'counting',
            deviceSerialNumber: '1',
            softwareVersions: '1.0.0',
          },
          seriesInstanceUid: series,
          sopInstanceUid: sop,
          seriesNumber: 901,
          seriesDescription: 'Counted findings',
          at: run.at,
        },
        observers: [{ kind: 'device', uid: uidFrom('counting'), name: 'counting' }],
        proceduresReported: [sct.petCtFdgWholeBody],
        preliminary: true,
        groups: input.instances.slice(0, findings).map((instance, index) => ({
          kind: 'planar',
          trackingId: `Lesion ${index + 1}`,
          trackingUid: uidFrom(run.key, 'finding', String(index)),
          finding: sct.lesion,
          sites: [{ site: sct.lung }],
          region: { kind: 'image', image: instance, graphicType: 'POINT', points: [8, 8] },
          measurements: [{ name: dcm.suvBw, value: 4 + index, unit: ucum.suvBw, derivation: sct.maximum }],
        })),
      }),
    );
    return { bytes, sop, series };
  },
};

const counting: Pipeline<Parameters, object> = {
  name: 'counting',
  version: '1.0.0',
  title: 'Counts instances',
  needs: ['any study'],
  parameters,
  additions: { digests: false },
  outputs: [
    { name: 'capture', description: 'a picture made of all instances', required: true },
    { name: 'summary', description: 'how many instances', required: true },
    { name: 'report', description: 'findings', required: false },
    { name: 'digests', description: 'SHA-256 of each instance, on request', required: false },
  ],
  async run(input, { slowMs, require, findings, score, digests, alignment, quality }, runner) {
    const first = await runner.step(read, { input, slowMs, require });
    const { picture, size } = await runner.step(combine, { read: first, slowMs });
    const { bytes, sop, series } = await runner.step(render, { input, picture, size, slowMs });
    const summary = {
      counts: first.counts,
      ...(score < 0 ? {} : { registration: registrationOf(score, alignment) }),
    };
    const reported = findings === 0 ? undefined : await runner.step(report, { input, findings });
    return {
      objects: [
        {
          output: 'capture',
          fileName: 'capture.dcm',
          kind: 'dicom',
          bytes,
          sopClassUid: UID.SecondaryCaptureImageStorage,
          sopInstanceUid: sop,
          seriesInstanceUid: series,
          ...(quality[0] === 'held' ? { isHeld: true as const } : {}),
        },
        {
          output: 'summary',
          fileName: 'summary.json',
          kind: 'json',
          bytes: new TextEncoder().encode(`${JSON.stringify(summary)}\n`),
        },
        ...(reported === undefined
          ? []
          : [
              {
                output: 'report',
                fileName: 'report.dcm',
                kind: 'dicom' as const,
                bytes: reported.bytes,
                sopClassUid: UID.Comprehensive3DSRStorage,
                sopInstanceUid: reported.sop,
                seriesInstanceUid: reported.series,
              },
            ]),
        ...(digests
          ? [
              {
                output: 'digests',
                fileName: 'digests.json',
                kind: 'json' as const,
                bytes: hex(first.digests),
              },
            ]
          : []),
      ],
      summary,
      findings: [],
      quality: quality.map((verdict, index) => ({
        seriesInstanceUid: index === 0 ? series : uidFrom(series, String(index)),
        sourceSeriesInstanceUid: input.instances[0]!.seriesInstanceUid,
        description: 'Counted',
        model: 'counting@1.0.0',
        modality: 'CT',
        scanner: 'Scanner 7',
        verdict,
        reasons: verdict === 'passed' ? [] : ['a structure that is not in the original'],
        figures: { sharpness: 0.9 },
        picture: null,
        sampleShare: 0.05,
      })),
    };
  },
};

const registrationOf = (score: number, byHand: AlignmentByHand | undefined) => ({
  frameOfReferenceShared: true,
  used: byHand === undefined ? 'identity' : 'rigid',
  reason: 'a test',
  matrix: byHand?.matrix ?? [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  uncertaintyMm: null,
  score,
  class: score >= 80 ? 'green' : score >= 50 ? 'amber' : 'red',
  scoreReason: 'liver dome 9 mm higher on PET than on CT',
  regions: [],
});

const hex = (bytes: Uint8Array) =>
  new TextEncoder().encode(`${JSON.stringify(Buffer.from(bytes).toString('hex'))}\n`);

const onDevice: Step<{ witness: string; forMs: number }, { done: boolean }> = {
  name: 'on device',
  version: '1',
  resource: 'gpu',
  async run({ witness, forMs }, { gpu, run, signal }) {
    const note = (what: string) =>
      appendFile(witness, `${what} ${process.pid} ${gpu} ${run.key} ${Date.now()}\n`);
    await note('start');
    await pause(forMs, undefined, { signal });
    await note('end');
    return { done: true };
  },
};

/** Uses a device and writes down when: a witness besides the node's own book-keeping. */
const device: Pipeline<{ witness: string; forMs: number }, { done: boolean }> = {
  name: 'device',
  version: '1.0.0',
  title: 'Uses a device',
  needs: ['any study'],
  resource: 'gpu',
  parameters: z.strictObject({ witness: z.string(), forMs: z.number() }),
  outputs: [{ name: 'summary', description: 'that it was done', required: true }],
  async run(_input, parameters, runner) {
    const summary = await runner.step(onDevice, parameters);
    const bytes = new TextEncoder().encode(JSON.stringify(summary));
    return {
      objects: [{ output: 'summary', fileName: 'summary.json', kind: 'json', bytes }],
      summary,
      findings: [],
    };
  },
};

const look: Step<{ input: StudyInput }, { bytes: readonly number[] }> = {
  name: 'look',
  version: '1',
  resource: 'cpu',
  async run({ input }) {
    const bytes: number[] = [];
    for (const { instances } of [...(input.priors ?? []), input]) {
      let sum = 0;
      for (const { path } of instances) sum += (await readFile(path)).byteLength;
      bytes.push(sum);
    }
    return { bytes };
  },
};

/** Says which studies from before it was given, and reads them. */
const comparing: Pipeline<Record<string, never>, object> = {
  name: 'comparing',
  version: '1.0.0',
  title: 'Compares with studies from before',
  needs: ['a study from before'],
  parameters: z.strictObject({}),
  priors: { least: 1, most: 2, modalities: ['PT', 'CT'] },
  outputs: [{ name: 'summary', description: 'what was compared', required: true }],
  async run(input, _parameters, runner) {
    const { bytes } = await runner.step(look, { input });
    const summary = {
      studies: [...(input.priors ?? []), input].map(({ studyInstanceUid, instances }, index) => ({
        study: studyInstanceUid,
        instances: instances.length,
        isRead: (bytes[index] ?? 0) > 0,
      })),
    };
    const text = new TextEncoder().encode(JSON.stringify(summary));
    return {
      objects: [{ output: 'summary', fileName: 'summary.json', kind: 'json', bytes: text }],
      summary,
      findings: [],
    };
  },
};

export const pipelines: readonly Pipeline[] = [
  counting as Pipeline,
  device as Pipeline,
  comparing as Pipeline,
  enhancement as Pipeline,
];
