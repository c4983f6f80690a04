import { Random } from '../shared/random.ts';
import { drawRequests, type LesionRequest, type LesionState } from './lesions.ts';

export interface CourseOptions {
  readonly seed: number;
  /** Examinations, at least two. */
  readonly visits: number;
  /** Lesions at the first; absent: three to seven. */
  readonly lesions?: number;
  /** Lesions that come later; absent: one or two. */
  readonly newLesions?: number;
}

/** What becomes of a lesion from one visit to the next: factors on radius and uptake; null where it goes. */
const FATES = {
  responds: { radius: [0.68, 0.88], suv: [0.5, 0.75] },
  progresses: { radius: [1.12, 1.35], suv: [1.05, 1.3] },
  stable: { radius: [0.96, 1.04], suv: [0.92, 1.08] },
  resolves: null,
} as const;
const ORDER = ['responds', 'resolves', 'progresses', 'stable'] as const;
const RADIUS_MM = [8, 14] as const;
const SUV = [7, 15] as const;
const SMALLEST_MM = 5;
const LARGEST_MM = 24;

/**
 * Lesions of one person over several examinations: some respond, some go, some grow, some stay, and new ones come. For
 * `petctPhantom` with `lesions` and each `visit` in turn.
 */
export function lesionCourse({ seed, visits, lesions, newLesions }: CourseOptions): LesionRequest[] {
  const random = Random.of('petct', seed, 'course');
  const requests = drawRequests(seed, lesions);
  const kinds = requests.map(({ kind }) => kind);
  const start = random.integer(0, ORDER.length - 1);
  const followed = requests.map((request, n): LesionRequest => {
    const stream = random.fork('lesion', n);
    const fate = FATES[ORDER[(start + n) % ORDER.length]!];
    const course: (LesionState | null)[] = [drawn(stream)];
    for (let visit = 1; visit < visits; visit++) course.push(next(course[visit - 1] ?? null, fate, stream));
    return { ...request, course };
  });
  const coming = newLesions ?? random.integer(1, 2);
  const fresh = Array.from({ length: coming }, (_, n): LesionRequest => {
    const stream = random.fork('new', n);
    const from = stream.integer(1, visits - 1);
    const course = Array.from({ length: visits }, (__, visit) =>
      visit < from ? null : drawn(stream.fork(0)),
    );
    return { kind: kinds[n % Math.max(1, kinds.length)] ?? 'node', course };
  });
  return [...followed, ...fresh];
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

const drawn = (random: Random): LesionState => ({
  radiusMm: tenth(random.between(RADIUS_MM[0], RADIUS_MM[1])),
  suv: tenth(random.between(SUV[0], SUV[1])),
});

function next(
  state: LesionState | null,
  fate: (typeof FATES)[keyof typeof FATES],
  random: Random,
): LesionState | null {
  if (state === null || fate === null) return null;
  const radius = state.radiusMm * random.between(fate.radius[0], fate.radius[1]);
  return {
    radiusMm: tenth(Math.max(SMALLEST_MM, Math.min(LARGEST_MM, radius))),
    suv: tenth(state.suv * random.between(fate.suv[0], fate.suv[1])),
  };
}
