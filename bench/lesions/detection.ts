/**
 * Detection of lesions on phantom studies that no threshold was tuned on: sensitivity for lesions of at least 1.5 cm
 * and false findings a study.
 *
 *   node bench/lesions/detection.ts [--seeds 1001-1024] [--rule percist|fixed:2.5|fixed:4|relative:0.41]
 *
 * Seeds below 1000 were used for tuning. A lesion is found when a finding called a lesion overlaps its ball; a
 * finding called a lesion that overlaps no ball is false. Simulated studies: not comparable with figures on patients.
 */
import { findLesions, segmentCtAnatomy, type ThresholdRule } from '@photopeak/analysis';
import type { Volume } from '@photopeak/imaging';
import { type PetctPhantomOptions, petctPhantom } from '@photopeak/phantom';

const SMALLEST_RADIUS_MM = 7.5;
const styles = ['ge', 'siemens', 'philips'] as const;
/** CT in another state of breathing than PET, in turn. */
const mismatches = [0, 6, -5, 12];

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

function ruleFrom(text: string): ThresholdRule {
  const [kind, value] = text.split(':');
  if (kind === 'fixed') return { kind, suv: Number(value) };
  if (kind === 'relative') return { kind, share: Number(value) };
  return { kind: 'percist' };
}

function optionsFor(seed: number, n: number): PetctPhantomOptions {
  return {
    seed,
    style: styles[n % styles.length]!,
    respiratoryMismatchMm: mismatches[n % mismatches.length]!,
    arms: n % 2 === 0 ? 'up' : 'down',
    contrast: n % 3 === 1,
  };
}

const [from, to] = argument('seeds', '1001-1024').split('-').map(Number) as [number, number];
const rule = ruleFrom(argument('rule', 'percist'));
let lesions = 0;
let found = 0;
let falseFindings = 0;
let studies = 0;
let outside = 0;
let dice = 0;
const missed: string[] = [];
const wrong: string[] = [];
for (let seed = from; seed <= to; seed++) {
  const { ct, pet, truth } = await petctPhantom(optionsFor(seed, seed - from));
  const suv: Volume<Float32Array> = {
    ...pet,
    data: Float32Array.from(pet.data, (value) => value * truth.dose.suvFactor),
    unit: 'g/ml{SUVbw}',
  };
  const result = await findLesions(suv, await segmentCtAnatomy(ct), { threshold: rule });
  const overlap = result.findings.map(() => new Map<number, number>());
  for (let n = 0; n < suv.data.length; n++) {
    const ball = truth.lesionLabels.data[n]!;
    const id = result.labels.data[n]!;
    if (ball !== 0 && id !== 0) overlap[id - 1]!.set(ball, (overlap[id - 1]!.get(ball) ?? 0) + 1);
  }
  studies++;
  for (const lesion of truth.lesions) {
    if (lesion.radiusMm < SMALLEST_RADIUS_MM) continue;
    const inBall = truth.lesionLabels.data.reduce((sum, value) => sum + (value === lesion.id ? 1 : 0), 0);
    if (inBall === 0) {
      outside++;
      continue;
    }
    lesions++;
    const by = result.findings.filter((finding) => overlap[finding.id - 1]!.has(lesion.id));
    const hit = by.find((finding) => finding.kind === 'lesion');
    if (hit !== undefined) {
      found++;
      dice += (2 * overlap[hit.id - 1]!.get(lesion.id)!) / (inBall + hit.measurement.voxels);
    } else {
      const called = by.map((finding) => finding.organ ?? finding.kind).join(', ') || 'not outlined';
      missed.push(
        `seed ${seed}: ${lesion.site}, ${(2 * lesion.radiusMm).toFixed(0)} mm, SUV ${lesion.suvTrue}: ${called}`,
      );
    }
  }
  for (const finding of result.findings) {
    if (finding.kind !== 'lesion' || overlap[finding.id - 1]!.size > 0) continue;
    falseFindings++;
    wrong.push(
      `seed ${seed}: ${finding.site.name} ${finding.site.side ?? ''} ${finding.measurement.mtvMl.toFixed(1)} ml, SUVmax ${finding.measurement.max.toFixed(1)}`,
    );
  }
}
for (const line of missed) console.log(`missed  ${line}`);
for (const line of wrong) console.log(`false   ${line}`);
console.log(
  `lesions: rule ${argument('rule', 'percist')}, ${studies} phantom studies, seeds ${from}-${to}: ` +
    `sensitivity ${found}/${lesions} = ${(found / lesions).toFixed(3)} for diameters from 15 mm (${outside} more lie beyond the PET), ` +
    `${(falseFindings / studies).toFixed(2)} false findings a study, mean Dice of the found ${(dice / Math.max(1, found)).toFixed(2)}`,
);
process.exit(0);
