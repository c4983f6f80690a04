/**
 * Accuracy of what petmr rests on, on phantoms that nothing was tuned on: body and lungs in MR against the truth,
 * lesions and false findings, ADC inside lesions, and how far PET and MR lie apart where the patient has moved or breathes.
 *
 *   node bench/petmr/accuracy.ts [--part lesions|moved] [--seeds 7401-7406]
 *
 * Seeds below 7400 were used for tuning. Phantoms are drawings: the figures say nothing about patients.
 */
import {
  ANATOMY_LABELS,
  findLesions,
  registrationScore,
  sampleRegion,
  segmentMrAnatomy,
} from '@photopeak/analysis';
import { identity, resample, type Volume } from '@photopeak/imaging';
import { type PetmrPhantom, petmrPhantom, structureNames } from '@photopeak/phantom';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const part = argument('part', 'all');
const [from, to] = argument('seeds', '7401-7406').split('-').map(Number) as [number, number];
const seeds = Array.from({ length: to - from + 1 }, (_, n) => from + n);
const errors: Record<string, number[]> = {};
const note = (name: string, value: number) => {
  errors[name] = [...(errors[name] ?? []), value];
};
const counts = { lesions: 0, found: 0, falseFindings: 0, studies: 0 };

const suvOf = ({ pet, petct }: PetmrPhantom): Volume<Float32Array> => ({
  ...pet,
  data: pet.data.map((value) => value * petct.truth.dose.suvFactor),
  unit: 'g/ml{SUVbw}',
});

const anatomyOf = ({ mr }: PetmrPhantom) =>
  segmentMrAnatomy({ body: mr.inPhase, water: mr.water, fat: mr.fat });

function dice(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  inA: (v: number) => boolean,
  inB: (v: number) => boolean,
) {
  let both = 0;
  let all = 0;
  for (let n = 0; n < a.length; n++) {
    const [x, y] = [inA(a[n]!) ? 1 : 0, inB(b[n]!) ? 1 : 0];
    both += x & y;
    all += x + y;
  }
  return all === 0 ? Number.NaN : (2 * both) / all;
}

/** The share of the maximum that petmr takes for the core of a lesion. */
const CORE_SHARE = 0.5;

if (part === 'all' || part === 'lesions') {
  for (const seed of seeds) {
    const phantom = petmrPhantom({ seed, lesions: 4 });
    const { anatomy } = await anatomyOf(phantom);
    const structures = phantom.petct.structures();
    const labels = await resample(anatomy.labels, {
      grid: structures,
      transform: identity,
      interpolation: 'nearest',
      outside: 0,
    });
    const value = (name: string) => structureNames.indexOf(name as (typeof structureNames)[number]);
    for (const name of ['lungRight', 'lungLeft'] as const)
      note(
        `${name}: Dice`,
        dice(
          labels.data,
          structures.data,
          (v) => v === ANATOMY_LABELS[name],
          (v) => v === value(name),
        ),
      );
    note(
      'body: Dice',
      dice(
        labels.data,
        structures.data,
        (v) => v !== 0,
        (v) => v !== 0,
      ),
    );
    const suv = suvOf(phantom);
    const found = await findLesions(suv, anatomy, { tracer: 'fdg' });
    const lesions = found.findings.filter(({ hidden }) => !hidden);
    const hits = lesions.map(({ measurement: { maxPosition } }) =>
      phantom.truth.lesions.findIndex(
        ({ centerPetMm, radiusMm }) =>
          Math.hypot(...maxPosition.map((mm, axis) => mm - centerPetMm[axis]!)) < radiusMm + 5,
      ),
    );
    counts.studies += 1;
    counts.lesions += phantom.truth.lesions.length;
    counts.found += new Set(hits.filter((hit) => hit >= 0)).size;
    counts.falseFindings += hits.filter((hit) => hit < 0).length;
    hits.forEach((hit, index) => {
      if (hit < 0) return;
      const { id, measurement } = lesions[index]!;
      const core: number[] = [];
      for (let n = 0; n < found.labels.data.length; n++)
        if (found.labels.data[n] === id && suv.data[n]! >= CORE_SHARE * measurement.max) core.push(n);
      const adc = sampleRegion(phantom.mr.adc, suv, Uint32Array.from(core));
      const { adc: known, kind } = phantom.truth.lesions[hit]!;
      if (adc !== undefined) note(`ADC of ${kind} lesions %`, 100 * (adc.mean / known - 1));
    });
    const names = found.findings.filter(({ hidden }, n) => !hidden && hits[n] === -1);
    console.log(
      `seed ${seed}: ${lesions.length} findings; false: ${names.map(({ site, measurement }) => `${site.name} ${measurement.max.toFixed(1)}`).join(', ')}`,
    );
  }
}
if (part === 'all' || part === 'moved') {
  for (const seed of seeds)
    for (const { movedMm, respiratoryMismatchMm } of [
      { movedMm: [0, 0, 0] as const, respiratoryMismatchMm: 0 },
      { movedMm: [0, 0, 0] as const, respiratoryMismatchMm: 8 },
      { movedMm: [0, 0, 0] as const, respiratoryMismatchMm: 15 },
      { movedMm: [8, 0, 0] as const, respiratoryMismatchMm: 0 },
    ]) {
      const phantom = petmrPhantom({ seed, movedMm, respiratoryMismatchMm });
      const { anatomy } = await anatomyOf(phantom);
      const { regions } = await registrationScore(anatomy.ct, suvOf(phantom), { anatomy });
      const isMoved = movedMm[0] !== 0;
      // Breathing moves the dome by the whole, its neighbours by less.
      const dome = regions.find(({ name }) => name === 'liver dome');
      const skin = regions.find(({ name }) => name === 'body contour');
      if (!isMoved && dome !== undefined)
        note(
          `liver dome, ${respiratoryMismatchMm} mm lower on MR: error mm`,
          dome.mm - respiratoryMismatchMm,
        );
      if (respiratoryMismatchMm === 0 && skin !== undefined)
        note(`skin, moved by ${movedMm[0]} mm: error mm`, skin.mm - movedMm[0]);
      console.log(seed, movedMm[0], respiratoryMismatchMm, dome?.mm.toFixed(1), skin?.mm.toFixed(1));
    }
}

console.log('error'.padEnd(44), 'mean'.padStart(7), 'abs'.padStart(7), 'worst'.padStart(8), 'n'.padStart(4));
for (const [name, values] of Object.entries(errors)) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const absolute = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  const isDice = name.endsWith('Dice');
  const worst = isDice
    ? Math.min(...values)
    : values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  const digits = isDice ? 3 : 1;
  console.log(
    name.padEnd(44),
    ...[mean, absolute].map((value) => value.toFixed(digits).padStart(7)),
    worst.toFixed(digits).padStart(8),
    String(values.length).padStart(4),
  );
}
console.log(
  `petmr accuracy, ${part}, seeds ${from}-${to}: lesions found ${counts.found}/${counts.lesions}, false findings ${counts.falseFindings} in ${counts.studies} studies; peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
);
process.exit(0);
