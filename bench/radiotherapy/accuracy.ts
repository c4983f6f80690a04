/**
 * How well the structures of radiotherapy-oar fit phantoms of known truth: organs against the tissue that was drawn
 * (Dice, mean distance of the surfaces), and structures carried over from a CT in another state of breathing.
 * Seeds from 9100 on are kept for reporting. Trachea is the windpipe with the main bronchi.
 *
 *   node bench/radiotherapy/accuracy.ts [SEEDS] [FIRST SEED]
 */
import {
  ANATOMY_LABELS,
  carriedContours,
  contoursToMask,
  type Deformation,
  maskContours,
  refineAnatomy,
  registerDeformable,
  registerRigid,
  segmentCtAnatomy,
} from '@photopeak/analysis';
import { distanceTransform, fillHoles, type Mask, type Volume } from '@photopeak/imaging';
import { petctPhantom, structureNames, tissueNames } from '@photopeak/phantom';

const seeds = Number(process.argv[2] ?? 5);
const firstSeed = Number(process.argv[3] ?? 9100);
const { lungRight, lungLeft, airways, bone } = ANATOMY_LABELS;

/** The tissues that a person would outline as the organ; vessels and lesions within a lung belong to it. */
const ORGANS = [
  { name: 'External', ours: (label: number) => label !== 0, tissues: undefined, isFilled: true },
  {
    name: 'Lungs',
    ours: (label: number) => label === lungRight || label === lungLeft,
    tissues: ['lung-right', 'lung-left', 'lung-vessel'],
    isFilled: false,
  },
  { name: 'Trachea', ours: (label: number) => label === airways, tissues: [], isFilled: false },
  {
    name: 'Bone',
    ours: (label: number) => label === bone,
    tissues: ['cortical-bone', 'spongy-bone', 'yellow-marrow'],
    isFilled: false,
  },
] as const;

const maskOf = (labels: Volume, wanted: (label: number) => boolean): Mask => ({
  ...labels,
  data: Uint8Array.from(labels.data as ArrayLike<number>, (label) => (wanted(label) ? 1 : 0)),
  unit: '1',
});

function dice(a: Mask, b: Mask): number {
  let both = 0;
  let all = 0;
  for (let n = 0; n < a.data.length; n++) {
    both += a.data[n]! & b.data[n]!;
    all += a.data[n]! + b.data[n]!;
  }
  return (2 * both) / all;
}

/** Share of the first that lies within the second. */
function within(a: Mask, b: Mask): number {
  let both = 0;
  let own = 0;
  for (let n = 0; n < a.data.length; n++) {
    both += a.data[n]! & b.data[n]!;
    own += a.data[n]!;
  }
  return both / own;
}

/** Mean distance of the border voxels of each to the other, mm. */
async function surfaceMm(a: Mask, b: Mask): Promise<number> {
  const border = (mask: Mask): Mask => {
    const [nx, ny, nz] = mask.size;
    const data = new Uint8Array(mask.data.length);
    for (let k = 0, at = 0; k < nz; k++)
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++, at++) {
          if (mask.data[at] === 0) continue;
          const inner = i > 0 && j > 0 && k > 0 && i < nx - 1 && j < ny - 1 && k < nz - 1;
          const steps = [1, -1, nx, -nx, nx * ny, -nx * ny];
          if (!inner || steps.some((step) => mask.data[at + step] === 0)) data[at] = 1;
        }
    return { ...mask, data };
  };
  const [borderA, borderB] = [border(a), border(b)];
  let sum = 0;
  let count = 0;
  for (const [from, to] of [
    [borderA, borderB],
    [borderB, borderA],
  ] as const) {
    const { data } = await distanceTransform(to);
    for (let n = 0; n < data.length; n++) {
      if (from.data[n] === 0) continue;
      sum += data[n]!;
      count++;
    }
  }
  return sum / count;
}

const organs = new Map<string, { dice: number; mm: number; within: number }[]>(
  ORGANS.map(({ name }) => [name, []]),
);
/** Structures carried from a CT in deeper inspiration: the diaphragm lies 15 mm lower. */
const BREATHING_MM = 15;
const CARRIED = {
  Lungs: (tissue: string) => tissue.startsWith('lung-'),
  Liver: (tissue: string) => tissue.startsWith('liver'),
} as const;
const carried: { name: string; rigid: number; deformed: number; found: number; used: string }[] = [];
const seconds: number[] = [];
for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  const { ct, truth, structures } = petctPhantom({ seed });
  const windpipe = maskOf(structures(), (value) => structureNames[value] === 'airways');
  const anatomy = await segmentCtAnatomy(ct);
  const labels = refineAnatomy(ct, anatomy);
  for (const { name, ours, tissues, isFilled } of ORGANS) {
    const filled = (mask: Mask) => (isFilled ? fillHoles(mask, { perSlice: 2 }) : mask);
    const outside = new Set(['air', 'table-shell', 'table-core']);
    const drawn =
      name === 'Trachea'
        ? windpipe
        : await filled(
            maskOf(truth.labels, (label) => {
              const tissue = tissueNames[label]!;
              return tissues === undefined
                ? !outside.has(tissue)
                : (tissues as readonly string[]).includes(tissue);
            }),
          );
    const contours = maskContours(await filled(maskOf(labels, ours)));
    const outlined = contoursToMask(contours, ct);
    organs.get(name)!.push({
      dice: dice(outlined, drawn),
      mm: await surfaceMm(outlined, drawn),
      within: within(outlined, drawn),
    });
  }
  const before = petctPhantom({ seed, respiratoryMismatchMm: BREATHING_MM });
  const start = performance.now();
  const rigid = await registerRigid(ct, before.ct, { initial: 'search' });
  const found = await registerDeformable(ct, before.ct, {
    kind: 'ct-ct',
    initial: rigid.matrix,
    keepInitial: true,
  });
  seconds.push((performance.now() - start) / 1000);
  for (const [name, belongs] of Object.entries(CARRIED)) {
    const wanted = (label: number) => belongs(tissueNames[label]!);
    const now = maskOf(truth.labels, wanted);
    const contours = maskContours(maskOf(before.truth.labels, wanted));
    const under = async (deformation: Deformation) =>
      dice(contoursToMask(await carriedContours(contours, before.ct, ct, deformation), ct), now);
    carried.push({
      name,
      rigid: await under({ pull: rigid.pull }),
      deformed: await under(found.deformation),
      // Also where the gate of the registration did not let the deformation through.
      found: await under(found.found),
      used: found.used,
    });
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
for (const [name, list] of organs) {
  const worst = Math.min(...list.map((one) => one.dice));
  console.log(
    `${name.padEnd(9)} Dice ${mean(list.map((one) => one.dice)).toFixed(3)} (least ${worst.toFixed(3)}), surface ${mean(list.map(({ mm }) => mm)).toFixed(2)} mm, ${(100 * mean(list.map((one) => one.within))).toFixed(1)} % of it within the tissue`,
  );
}
for (const name of Object.keys(CARRIED)) {
  const list = carried.filter((one) => one.name === name);
  console.log(
    `${name} carried over ${BREATHING_MM} mm of breathing: Dice ${mean(list.map(({ rigid }) => rigid)).toFixed(3)} rigidly, ${mean(list.map(({ deformed }) => deformed)).toFixed(3)} as used, ${mean(list.map((one) => one.found)).toFixed(3)} by the deformation found (${list.filter(({ used }) => used === 'deformable').length} of ${list.length} used)`,
  );
}
console.log(
  `radiotherapy-oar ${seeds} phantoms: lungs Dice ${mean(organs.get('Lungs')!.map((one) => one.dice)).toFixed(3)}, carried over ${mean(carried.map(({ rigid }) => rigid)).toFixed(3)} rigidly, ${mean(carried.map(({ deformed }) => deformed)).toFixed(3)} as used; registrations ${mean(seconds).toFixed(1)} s`,
);
