import type { Vec3 } from '@photopeak/imaging';
import { Random } from '../shared/random.ts';
import type { Canvas } from './anatomy/index.ts';
import type { Mapping } from './mapping.ts';
import { labelOf, type TissueName, tissues } from './tissues.ts';
import { type PhantomTracer, tracers } from './tracers.ts';

export type LesionKind = 'lung' | 'node' | 'liver' | 'bone' | 'soft-tissue';

/** A lesion asked for; what is left out is drawn from the seed. */
export interface LesionRequest {
  readonly kind: LesionKind;
  readonly radiusMm?: number;
  /** True uptake, SUVbw. */
  readonly suv?: number;
  /** Name of a site of the kind (see `lesionSites`). */
  readonly site?: string;
  /** What it is at each visit, instead of `radiusMm` and `suv`; null where it is not there. Later visits: as the last. */
  readonly course?: readonly (LesionState | null)[];
}

export interface LesionState {
  readonly radiusMm: number;
  /** True uptake, SUVbw. */
  readonly suv: number;
}

/** A lesion in its place: a ball of uniform uptake in the reference (PET) breathing state. */
export interface PlacedLesion {
  readonly id: number;
  readonly kind: LesionKind;
  readonly site: string;
  /** In the reference state, LPS mm. */
  readonly centerMm: Vec3;
  readonly radiusMm: number;
  readonly suv: number;
  readonly hu: number;
}

interface Site {
  readonly name: string;
  /** Anatomical box of the right side or the midline. */
  readonly low: Vec3;
  readonly high: Vec3;
  readonly tissues: readonly TissueName[];
  /** Never drawn, only asked for: clear of strong physiological uptake like the others, or beside it by intent. */
  readonly asked?: 'clear' | 'beside';
}

const LUNG: readonly TissueName[] = ['lung-right', 'lung-left', 'lung-vessel'];
const SOFT: readonly TissueName[] = [
  'fat',
  'muscle',
  'mediastinum',
  'visceral-fat',
  'vein',
  'airway-wall',
  'oesophagus',
];

const site = (name: string, low: Vec3, high: Vec3, allowed: readonly TissueName[]): Site => ({
  name,
  low,
  high,
  tissues: allowed,
});

const beside = (...where: Parameters<typeof site>): Site => ({ ...site(...where), asked: 'beside' });

/** Where lesions of each kind may grow; the box is in anatomical millimetres. */
const sites: Record<LesionKind, readonly Site[]> = {
  lung: [
    site('right upper lobe', [-110, -60, 140], [-50, 50, 215], LUNG),
    site('right middle lobe', [-110, -75, 50], [-60, -20, 110], LUNG),
    site('right lower lobe', [-110, 0, 20], [-55, 70, 110], LUNG),
    site('left upper lobe', [50, -60, 130], [110, 40, 215], LUNG),
    site('left lower lobe', [60, 10, 20], [115, 70, 110], LUNG),
    beside('right base, above the liver', [-90, -20, 2], [-55, 15, 14], [...LUNG, 'muscle', 'liver']),
  ],
  liver: [
    site('right lobe of liver, anterior', [-110, -50, -90], [-50, 0, -40], ['liver', 'liver-vessel']),
    site('right lobe of liver, posterior', [-120, 0, -100], [-60, 50, -40], ['liver', 'liver-vessel']),
    site('left lobe of liver', [-25, -70, -65], [35, -40, -40], ['liver', 'liver-vessel']),
    beside('dome of the liver', [-88, -22, -20], [-56, 8, -12], ['liver', 'liver-vessel', 'muscle', ...LUNG]),
  ],
  node: [
    site('right paratracheal', [-34, -22, 130], [-16, 8, 180], SOFT),
    site('subcarinal', [-12, 8, 92], [14, 28, 116], [...SOFT, 'blood-pool']),
    site('left axilla', [134, -5, 170], [150, 30, 200], SOFT),
    site('right axilla', [-150, -5, 170], [-134, 30, 200], SOFT),
    site('left supraclavicular', [40, -20, 240], [62, 4, 262], SOFT),
    site('retroperitoneal', [18, 0, -190], [34, 22, -130], SOFT),
    site('right external iliac', [-84, -42, -335], [-60, -12, -295], SOFT),
    site('left inguinal', [60, -72, -400], [84, -56, -370], SOFT),
    beside(
      'right obturator, beside the bladder',
      [-62, -46, -374],
      [-46, -22, -354],
      [...SOFT, 'bladder-wall'],
    ),
    beside('left para-aortic, beside the kidney', [26, 6, -140], [38, 26, -104], [...SOFT, 'renal-pelvis']),
  ],
  bone: [
    site('T8 vertebra', [-9, 54, 60], [9, 70, 82], ['spongy-bone', 'cortical-bone', 'disc']),
    site('L2 vertebra', [-12, 20, -125], [12, 38, -95], ['spongy-bone', 'cortical-bone', 'disc']),
    site('L4 vertebra', [-12, 18, -200], [12, 38, -165], ['spongy-bone', 'cortical-bone', 'disc']),
    site('sacrum', [-30, 40, -285], [30, 70, -255], ['spongy-bone', 'cortical-bone', 'muscle']),
    site('right iliac bone', [-125, -10, -270], [-85, 80, -225], ['spongy-bone', 'cortical-bone', 'muscle']),
    site('left proximal femur', [110, -2, -385], [132, 20, -350], ['spongy-bone', 'cortical-bone', 'muscle']),
  ],
  'soft-tissue': [
    site('right gluteal muscle', [-120, 60, -340], [-60, 85, -290], ['muscle', 'fat']),
    site('left paraspinal muscle', [28, 70, -150], [50, 84, -60], ['muscle', 'fat']),
    site('left thigh', [70, -30, -470], [120, 40, -440], ['muscle', 'fat']),
    site('left adrenal gland', [26, 14, -82], [38, 30, -62], SOFT),
    {
      ...site(
        'anywhere',
        [-130, -90, -430],
        [130, 95, 340],
        [...SOFT, ...LUNG, 'spongy-bone', 'cortical-bone', 'liver', 'skin'],
      ),
      asked: 'clear',
    },
    beside('prostate', [-10, -26, -406], [10, -8, -394], ['prostate']),
    beside(
      'head of the pancreas',
      [-30, -16, -134],
      [-12, -6, -122],
      ['pancreas', 'bowel-wall', 'visceral-fat'],
    ),
    beside('mesentery', [-20, -46, -250], [30, -6, -200], ['visceral-fat', 'bowel-wall', 'bowel-content']),
  ],
};

const radiusRange: Record<LesionKind, readonly [number, number]> = {
  lung: [6, 17],
  node: [6, 11],
  liver: [8, 17],
  bone: [7, 11],
  'soft-tissue': [8, 15],
};

const HU: Record<LesionKind, readonly [number, number]> = {
  lung: [25, 45],
  node: [32, 48],
  liver: [28, 42],
  bone: [20, 520],
  'soft-tissue': [30, 50],
};

/** Names of the places that `LesionRequest.site` knows, by kind. */
export const lesionSites: Record<LesionKind, readonly string[]> = Object.fromEntries(
  Object.entries(sites).map(([kind, list]) => [kind, list.map(({ name }) => name)]),
) as unknown as Record<LesionKind, readonly string[]>;

/** Fourteen directions on the sphere: the axes and the diagonals. */
const directions: readonly Vec3[] = (() => {
  const d = 1 / Math.sqrt(3);
  const list: Vec3[] = [
    [1, 0, 0],
    [-1, 0, 0],
    [0, 1, 0],
    [0, -1, 0],
    [0, 0, 1],
    [0, 0, -1],
  ];
  for (const x of [-d, d]) for (const y of [-d, d]) for (const z of [-d, d]) list.push([x, y, z]);
  return list;
})();

const hot = new Uint8Array(tissues.length);
for (const name of ['grey-matter', 'myocardium', 'renal-pelvis', 'ureter-spot', 'bladder'] as const) {
  hot[labelOf(name)] = 1;
}

/** Requests for a study of its own kind: between three and seven lesions, such as the tracer is given for. */
export function drawRequests(
  seed: number,
  count: number | undefined,
  tracer: PhantomTracer = 'fdg',
): LesionRequest[] {
  const random = Random.of('petct', seed, 'lesion-requests');
  const kinds: readonly LesionKind[] = ['lung', 'node', 'liver', 'bone', 'lung', 'node', 'soft-tissue'];
  const total = count ?? random.integer(3, 7);
  if (tracer !== 'fdg') {
    const typical = tracers[tracer].lesions;
    const from = random.integer(0, typical.length - 1);
    return Array.from({ length: total }, (_, n) => {
      const { kind, site, suv, radiusMm } = typical[(from + n) % typical.length]!;
      const stream = random.fork('typical', n);
      return {
        kind,
        ...(site === undefined ? {} : { site }),
        suv: tenth(stream.between(...suv)),
        radiusMm: tenth(stream.between(...(radiusMm ?? radiusRange[kind]))),
      };
    });
  }
  const start = random.integer(0, kinds.length - 1);
  return Array.from({ length: total }, (_, n) => ({ kind: kinds[(start + n) % kinds.length]! }));
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** A lesion with a course needs room for the largest it will be, so that it stays in its place. */
function largestRadius({ radiusMm, course }: LesionRequest): number | undefined {
  const radii = (course ?? []).flatMap((state) => (state === null ? [] : [state.radiusMm]));
  return radii.length === 0 ? radiusMm : Math.max(...radii);
}

/** The lesions as they are at a visit; those that are not there are left out, and the others keep their ids. */
export function atVisit(
  placed: readonly PlacedLesion[],
  requests: readonly LesionRequest[],
  visit: number,
): PlacedLesion[] {
  return placed.flatMap((lesion, index) => {
    const course = requests[index]?.course;
    if (course === undefined || course.length === 0) return [lesion];
    const state = course[Math.min(visit, course.length - 1)] ?? null;
    return state === null ? [] : [{ ...lesion, ...state }];
  });
}

/**
 * Puts the lesions into tissue of their kind, clear of each other and of strong physiological uptake. A request
 * that finds no place in the given site after many trials is answered with the best place found there.
 */
export function placeLesions(
  seed: number,
  requests: readonly LesionRequest[],
  canvas: Canvas,
  mapping: Mapping,
): PlacedLesion[] {
  const placed: PlacedLesion[] = [];
  const used = new Set<string>();
  const { scale } = mapping.placement;
  requests.forEach((request, index) => {
    const random = Random.of('petct', seed, 'lesion', index);
    const [low, high] = radiusRange[request.kind];
    const radiusMm = largestRadius(request) ?? Math.round(random.between(low, high) * 10) / 10;
    const suv = request.suv ?? Math.round(random.between(request.kind === 'liver' ? 6 : 4.5, 15) * 10) / 10;
    const all = sites[request.kind];
    const open = all.filter((one) =>
      request.site === undefined ? one.asked === undefined : one.name === request.site,
    );
    const fresh = open.filter(({ name }) => !used.has(name));
    const choice = random.pick(fresh.length > 0 ? fresh : open);
    used.add(choice.name);
    const allowed = new Uint8Array(tissues.length);
    for (const name of choice.tissues) allowed[labelOf(name)] = 1;
    let best: { score: number; point: Vec3 } | undefined;
    for (let trial = 0; trial < 160 && (best === undefined || best.score < 1); trial++) {
      const point = [0, 1, 2].map((axis) =>
        random.between(choice.low[axis]!, choice.high[axis]!),
      ) as unknown as Vec3;
      const fit = directions.filter((d) => {
        const at = d.map(
          (value, axis) => point[axis]! + (value * radiusMm) / scale[axis]!,
        ) as unknown as Vec3;
        return allowed[canvas.labelAt(...at)] === 1;
      }).length;
      const burning =
        choice.asked !== 'beside' &&
        directions.some((d) => {
          const at = d.map(
            (value, axis) => point[axis]! + (value * (radiusMm + 14)) / scale[axis]!,
          ) as unknown as Vec3;
          return hot[canvas.labelAt(...at)] === 1;
        });
      const center = mapping.fromAnatomy(point);
      const crowded = placed.some((other) => {
        const gap = radiusMm + other.radiusMm + 15;
        const d = [0, 1, 2].map((axis) => center[axis]! - other.centerMm[axis]!);
        return d[0]! * d[0]! + d[1]! * d[1]! + d[2]! * d[2]! < gap * gap;
      });
      const middle = allowed[canvas.labelAt(...point)] === 1 ? 0 : -0.5;
      const score = fit / directions.length + middle - (burning ? 2 : 0) - (crowded ? 4 : 0);
      if (best === undefined || score > best.score) best = { score, point };
    }
    placed.push({
      id: index + 1,
      kind: request.kind,
      site: choice.name,
      centerMm: mapping.fromAnatomy(best!.point),
      radiusMm,
      suv,
      hu: Math.round(random.between(...HU[request.kind])),
    });
  });
  return placed;
}
