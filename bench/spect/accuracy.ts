/**
 * Accuracy of the pipeline spectct on phantoms that nothing was tuned on, from DICOM files to numbers: activity of organs
 * and lesions against the truth, foci found, effective half-lives and time-integrated activities over three examinations
 * (the patient lies elsewhere each time), and what a registration says of movements between SPECT and CT.
 *
 *   node bench/spect/accuracy.ts [--part lutetium|bone|moved] [--seeds 7301-7306]
 *
 * Seeds below 7300 were used for tuning. Phantoms are drawings: the figures say nothing about patients.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Vec3 } from '@photopeak/imaging';
import { type SpectctPhantomOptions, type SpectctTruth, writeSpectctStudy } from '@photopeak/phantom';
import {
  collectStudies,
  inProcessRunner,
  resultKey,
  type SpectctSummary,
  type StudyInput,
  spectct,
  spectctParameters,
  studyInput,
} from '@photopeak/pipelines';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const part = argument('part', 'all');
const [from, to] = argument('seeds', '7301-7306').split('-').map(Number) as [number, number];
const seeds = Array.from({ length: to - from + 1 }, (_, n) => from + n);
const errors: Record<string, number[]> = {};
const note = (name: string, value: number) => {
  errors[name] = [...(errors[name] ?? []), value];
};

async function inputOf(folder: string): Promise<StudyInput> {
  const { studies } = await collectStudies(folder);
  return studyInput(studies[0]!);
}

/** Writes a phantom, runs the pipeline on its last examination with those before, and removes the files. */
async function run(options: SpectctPhantomOptions, values: 'counts' | 'mapped'): Promise<Ran> {
  const folder = await mkdtemp(path.join(tmpdir(), 'photopeak-spect-'));
  try {
    const { dicomFolders, couchMm, phantom } = await writeSpectctStudy({ folder, phantom: options, values });
    const inputs: StudyInput[] = [];
    for (const one of dicomFolders) inputs.push(await inputOf(one));
    const study = { ...inputs.at(-1)!, priors: inputs.slice(0, -1) };
    const parameters = spectctParameters.parse({
      captures: 0,
      ...(values === 'counts' ? { sensitivityCpsPerMBq: phantom.truth.sensitivityCpsPerMBq } : {}),
    });
    const runner = inProcessRunner({
      run: { key: resultKey(spectct, parameters, study), at: '2025-01-01T00:00:00' },
    });
    const { summary } = await spectct.run(study, parameters, runner);
    return { summary, truth: phantom.truth, couch: couchMm.at(-1)! };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const NAMES: Readonly<Record<string, string>> = {
  liver: 'Liver',
  spleen: 'Spleen',
  kidneyRight: 'Right kidney',
  kidneyLeft: 'Left kidney',
};

const percent = (found: number, known: number) => 100 * (found / known - 1);
const counts = { lesions: 0, found: 0, falseFoci: 0, studies: 0, organs: 0, organsFound: 0 };

/** The lesion that a focus lies on, by its place in the last image. */
function lesionAt(truth: SpectctTruth, position: readonly number[], offset: Vec3): number {
  return truth.images
    .at(-1)!
    .lesions.findIndex(
      ({ centerPetMm, radiusMm }) =>
        Math.hypot(...position.map((mm, axis) => mm - offset[axis]! - centerPetMm[axis]!)) < radiusMm + 8,
    );
}

interface Ran {
  readonly summary: SpectctSummary;
  readonly truth: SpectctTruth;
  readonly couch: Vec3;
}

function compare({ summary, truth, couch }: Ran): void {
  const last = truth.images.length - 1;
  counts.studies += 1;
  for (const [name, label] of Object.entries(NAMES)) {
    const organ = truth.organs.find((one) => one.name === name)!;
    const region = summary.regions.find((one) => one.label === label);
    counts.organs += 1;
    if (region === undefined) continue;
    counts.organsFound += 1;
    const kind = name.startsWith('kidney') ? 'kidneys' : name;
    note(`${kind}: mean Bq/ml %`, percent(region.activity!.meanBqPerMl, organ.bqPerMl[last]!));
    note(`${kind}: MBq %`, percent(region.activity!.totalMBq * 1e6, organ.bqPerMl[last]! * organ.volumeMl));
    const fit = region.timeActivity?.fit;
    if (truth.images.length > 1 && fit != null && organ.effectiveHours !== null) {
      note(`${kind}: effective half-life %`, percent(fit.effectiveHalfLifeHours, organ.effectiveHours));
      const { hours } = truth.images[0]!;
      const initial = (organ.bqPerMl[0]! * organ.volumeMl * 2 ** (hours / organ.effectiveHours)) / 1e6;
      note(
        `${kind}: time-integrated activity %`,
        percent(fit.timeIntegratedMBqH, (initial * organ.effectiveHours) / Math.LN2),
      );
    }
  }
  const foci = summary.regions.filter(({ kind }) => kind === 'focus');
  const hits = foci.map(({ maximumPosition }) => lesionAt(truth, maximumPosition, couch));
  counts.lesions += truth.lesions.length;
  counts.found += new Set(hits.filter((hit) => hit >= 0)).size;
  counts.falseFoci += hits.filter((hit) => hit < 0).length;
  hits.forEach((hit, index) => {
    if (hit < 0) return;
    const known = truth.lesions[hit]!;
    const { activity, timeActivity, volumeMl } = foci[index]!;
    note('lesions: MBq %', percent(activity!.totalMBq * 1e6, known.bqPerMl[last]! * known.volumeMl));
    note('lesions: volume %', percent(volumeMl, known.volumeMl));
    const fit = timeActivity?.fit;
    if (truth.images.length > 1 && fit != null)
      note('lesions: effective half-life %', percent(fit.effectiveHalfLifeHours, known.effectiveHours!));
  });
}

if (part === 'all' || part === 'lutetium') {
  for (const seed of seeds) {
    const ran = await run({ seed, tracer: 'dotatate', hours: [24, 72, 168] }, 'mapped');
    compare(ran);
    console.log(`Lu-177, seed ${seed}: ${describe(ran.summary)}`);
  }
}
if (part === 'all' || part === 'bone') {
  for (const seed of seeds) {
    const ran = await run({ seed, tracer: 'bone', lesions: 3 }, 'counts');
    compare(ran);
    console.log(`bone, seed ${seed}: ${describe(ran.summary)}`);
  }
}
if (part === 'moved') {
  // Movements between SPECT and CT of one frame of reference; what the registration suggests, in mm.
  for (const seed of seeds)
    for (const tracer of ['bone', 'dotatate'] as const)
      for (const mm of [0, 6, 12, 20]) {
        const { summary } = await run({ seed, tracer, movedMm: [mm, 0, 0] }, 'mapped');
        const { suggestedMm, uncertaintyMm } = summary.alignment!;
        if (suggestedMm !== null)
          note(`${tracer}: moved by ${mm} mm, suggested minus true mm`, suggestedMm - mm);
        else note(`${tracer}: moved by ${mm} mm, nothing suggested`, 1);
        console.log(tracer, seed, mm, suggestedMm?.toFixed(1), uncertaintyMm?.toFixed(1));
      }
}

function describe({ regions, findings }: SpectctSummary): string {
  const foci = regions.filter(({ kind }) => kind === 'focus').map(({ label }) => label);
  return `${foci.length} foci (${foci.slice(0, 6).join(', ')}), ${findings.map(({ code }) => code).join(' ')}`;
}

console.log('error'.padEnd(44), 'mean'.padStart(7), 'abs'.padStart(7), 'worst'.padStart(8), 'n'.padStart(4));
for (const [name, values] of Object.entries(errors)) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const absolute = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  const worst = values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  console.log(
    name.padEnd(44),
    ...[mean, absolute].map((value) => value.toFixed(1).padStart(7)),
    worst.toFixed(1).padStart(8),
    String(values.length).padStart(4),
  );
}
console.log(
  `spect accuracy, ${part}, seeds ${from}-${to}: lesions found ${counts.found}/${counts.lesions}, false foci ${counts.falseFoci} in ${counts.studies} studies, organs outlined ${counts.organsFound}/${counts.organs}; peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
);
process.exit(0);
