/**
 * Accuracy of the analysis of myocardial perfusion on heart phantoms that nothing was tuned on: geometry, extent of
 * defects, scores of single segments, dilation, ejection fraction, and the same heart on turned voxels.
 *
 *   node bench/cardiac/accuracy.ts [--seeds 9001-9018] [--part defects|segments|turned]
 *
 * Without `--part` all: defects that follow no segment with the dilation, single segments, turned voxels with a beating heart.
 *
 * Seeds below 9000 were used for tuning, seeds from 100000 for the simulated normal limits. Phantoms are compared
 * with limits from other phantoms: the figures say how well geometry and arithmetic work, nothing about patients.
 */
import {
  chooseNormals,
  decodeNormals,
  dilationRatio,
  type MappedVentricle,
  mapVentricle,
  type NormalLimits,
  perfusion,
  SEGMENTS,
  simulatedNormals,
  ventricularFunction,
} from '@photopeak/analysis';
import { type Grid, resample, type Vec3, type Volume } from '@photopeak/imaging';
import { type CardiacPhantomOptions, cardiacPhantom, type DefectRequest } from '@photopeak/phantom';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

const [from, to] = argument('seeds', '9001-9018').split('-').map(Number) as [number, number];
const part = argument('part', 'all');
const isAsked = (name: 'defects' | 'segments' | 'turned') => part === 'all' || part === name;
/** Every third study is a PET; sexes alternate. */
const kindOf = (seed: number) =>
  ({ modality: seed % 3 === 0 ? 'PT' : 'NM', sex: seed % 2 === 0 ? 'F' : 'M' }) as const;
/** Uptake in the middle of the classes of the scores 1 to 4. */
const UPTAKE_OF_SCORE = [1, 0.65, 0.55, 0.45, 0.2] as const;
/** Defects that follow no segment. */
const DEFECTS: readonly DefectRequest[] = [
  { angleDegrees: 90, widthDegrees: 90, from: 0.2, to: 0.7, uptake: 0.3 },
  { angleDegrees: 275, widthDegrees: 120, from: 0.3, to: 0.95, uptake: 0.5 },
  { angleDegrees: 20, widthDegrees: 100, from: 0.4, to: 0.9, uptake: 0.15 },
  { angleDegrees: 130, widthDegrees: 200, from: 0, to: 0.6, uptake: 0.35 },
  { angleDegrees: 215, widthDegrees: 75, from: 0.45, to: 1, uptake: 0.4 },
  { angleDegrees: 0, widthDegrees: 360, from: 0, to: 0.3, uptake: 0.25 },
];

const limitsOf = ({ modality, sex }: ReturnType<typeof kindOf>): NormalLimits =>
  decodeNormals(
    chooseNormals(simulatedNormals, { modality, sex, attenuationCorrected: true, state: 'any', tracer: '' })!,
  );

const segmentDefect = (number: number, uptake: number): DefectRequest => {
  const { level, fromDegrees, toDegrees } = SEGMENTS[number - 1]!;
  const ring = ['apex', 'apical', 'mid', 'basal'].indexOf(level);
  return {
    angleDegrees: (fromDegrees + toDegrees) / 2,
    widthDegrees: toDegrees - fromDegrees,
    from: ring / 4,
    to: (ring + 1) / 4,
    uptake,
  };
};

const stressOf = async (options: CardiacPhantomOptions) => {
  const phantom = cardiacPhantom(options);
  return { phantom, truth: phantom.truth.stress, mapped: await mapVentricle(phantom.stress.summed) };
};

const degreesBetween = (a: Vec3, b: Vec3): number =>
  (Math.acos(Math.min(1, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])) * 180) / Math.PI;

/** The same heart on voxels turned by 30° and 50°. */
async function onTurnedGrid(volume: Volume<Float32Array>): Promise<Volume<Float32Array>> {
  const [a, b] = [Math.PI / 6, Math.PI / 3.6];
  const direction: Grid['direction'] = [
    Math.cos(a),
    -Math.sin(a) * Math.cos(b),
    Math.sin(a) * Math.sin(b),
    Math.sin(a),
    Math.cos(a) * Math.cos(b),
    -Math.cos(a) * Math.sin(b),
    0,
    Math.sin(b),
    Math.cos(b),
  ];
  const count = volume.size[0];
  const half = ((count - 1) / 2) * volume.spacingMm[0];
  const origin = [0, 1, 2].map(
    (row) => -half * (direction[3 * row]! + direction[3 * row + 1]! + direction[3 * row + 2]!),
  ) as unknown as Vec3;
  const grid: Grid = { size: [count, count, count], spacingMm: volume.spacingMm, origin, direction };
  return resample(volume, { grid, interpolation: 'cubic' });
}

const errors: Record<string, number[]> = {};
const note = (name: string, value: number) => {
  errors[name] = [...(errors[name] ?? []), value];
};
const summed = (of: MappedVentricle, limits: NormalLimits) => perfusion(of.map, limits, of);
const wrongSegments: string[] = [];
let exact = 0;
let singles = 0;
let sameTurned = 0;
let turned = 0;
let cpuMs = 0;

for (let seed = from; seed <= to; seed++) {
  const n = seed - from;
  const kind = kindOf(seed);
  const limits = limitsOf(kind);

  // A defect that follows no segment, and the cavity at stress and at rest.
  const defect = DEFECTS[n % DEFECTS.length]!;
  const dilation = 1 + 0.1 * (n % 5);
  const withDefects = () => stressOf({ seed, ...kind, defects: [defect], dilation });
  if (isAsked('defects')) {
    const started = process.cpuUsage();
    const { phantom, truth, mapped } = await withDefects();
    const rest = await mapVentricle(phantom.rest.summed);
    cpuMs += process.cpuUsage(started).user / 1000;
    note('axis degrees', degreesBetween(mapped.ventricle.axis, truth.axis));
    note('radius mm', mapped.ventricle.radiusMm - truth.shape.radiusMm);
    note('valve plane mm', mapped.ventricle.basalMm - truth.shape.basalMm);
    const withDefect = summed(mapped, limits);
    note('extent, half depth, points', 100 * (withDefect.halfDepthExtent - truth.extent));
    note('extent, mean - 2.5 SD, points', 100 * (withDefect.extent - truth.extent));
    const { ratio } = dilationRatio(mapped.ventricle, rest.ventricle);
    note('dilation ratio %', 100 * (ratio / phantom.truth.dilation - 1));
    const healthy = summed(rest, limits);
    note('normal: total perfusion deficit, points', 100 * healthy.tpd);
    note('normal: summed score', healthy.summedScore);
  }

  // One segment at a time, all segments and scores in turn.
  for (const turn of isAsked('segments') ? [0, 1] : []) {
    const number = ((7 * n + 9 * turn) % SEGMENTS.length) + 1;
    const score = ((n + 2 * turn) % 4) + 1;
    const one = await stressOf({ seed, ...kind, defects: [segmentDefect(number, UPTAKE_OF_SCORE[score]!)] });
    const { segments } = summed(one.mapped, limits);
    const wrong = segments.filter((segment) => segment.score !== (segment.segment === number ? score : 0));
    singles += 1;
    if (wrong.length === 0) exact += 1;
    else
      wrongSegments.push(
        `${seed} (${kind.modality}): segment ${number} of score ${score}: ${wrong.map((w) => `${w.segment} has ${w.score} at ${w.ofNormal.toFixed(2)}`).join(', ')}`,
      );
  }

  if (n % 3 === 0 && isAsked('turned')) {
    const { phantom, mapped } = await withDefects();
    const withDefect = summed(mapped, limits);
    const again = summed(await mapVentricle(await onTurnedGrid(phantom.stress.summed)), limits);
    turned += 1;
    note('turned: total perfusion deficit, points', 100 * (again.tpd - withDefect.tpd));
    if (again.segments.every(({ score }, index) => score === withDefect.segments[index]!.score))
      sameTurned += 1;
    const ejectionFraction = 0.3 + 0.1 * ((n / 3) % 5);
    const beating = cardiacPhantom({
      seed,
      ...kind,
      ejectionFraction,
      counts: kind.modality === 'NM' ? 300 : 800,
    });
    const summedBeat = await mapVentricle(beating.rest.summed);
    const beat = await ventricularFunction(beating.rest.gates, summedBeat.ventricle);
    note('ejection fraction, points', 100 * (beat.ejectionFraction - beating.truth.rest.ejectionFraction!));
    note(
      'end-diastolic volume %',
      100 * (beat.endDiastolicMl / Math.max(...beating.truth.rest.gateCavitiesMl) - 1),
    );
  }
}

console.log('error'.padEnd(44), 'mean'.padStart(7), 'abs'.padStart(7), 'worst'.padStart(7), 'n'.padStart(4));
for (const [name, values] of Object.entries(errors)) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const absolute = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
  const worst = values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  console.log(
    name.padEnd(44),
    ...[mean, absolute, worst].map((value) => value.toFixed(2).padStart(7)),
    String(values.length).padStart(4),
  );
}
for (const line of wrongSegments) console.log(`not exact: ${line}`);
const absolute = (name: string) => {
  const values = errors[name];
  if (values === undefined) return 'not asked';
  return (values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length).toFixed(2);
};
const peak = process.resourceUsage().maxRSS / 1024;
console.log(
  `cardiac accuracy, seeds ${from}-${to}: axis ${absolute('axis degrees')}°, half-depth extent ${absolute('extent, half depth, points')} points, single segments exact ${exact}/${singles}, dilation ${absolute('dilation ratio %')} %, ejection fraction ${absolute('ejection fraction, points')} points, same scores when turned ${sameTurned}/${turned}; ${(cpuMs / 2000 / (to - from + 1)).toFixed(2)} s of processor time a volume with its drawing, peak ${peak.toFixed(0)} MiB`,
);
process.exit(0);
