/**
 * The registration score on phantom studies with known misalignment: error of the regional estimates in mm, of the
 * diaphragm estimator, and how well the probability holds (Brier score, accuracy of "within tolerance").
 *
 *   node bench/registration/score.ts [--seeds 1001-1006]
 *
 * Each study is judged as scanned and after shifts and turns that the program adds; seeds below 1000 served to choose
 * the two numbers of the logistic model.
 */
import { registrationScore, segmentCtAnatomy, TOLERANCE_MM } from '@photopeak/analysis';
import { invert, type Mat4, multiply, transformPoint, translation, type Vec3 } from '@photopeak/imaging';
import { petctPhantom } from '@photopeak/phantom';

function argument(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
}

function turnAbout(centre: Vec3, degrees: number): Mat4 {
  const a = (degrees * Math.PI) / 180;
  const turn: Mat4 = [
    Math.cos(a),
    -Math.sin(a),
    0,
    0,
    Math.sin(a),
    Math.cos(a),
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    1,
  ];
  const back = centre.map((v) => -v) as unknown as Vec3;
  return multiply(translation(centre), multiply(turn, translation(back)));
}

/** Breathing differs from study to study. */
const breathing = [0, 4, 8, -6, 14, -3];
const shifts: readonly Vec3[] = [
  [0, 0, 0],
  [2, 1, -2],
  [3, -3, 3],
  [0, 5, 0],
  [-4, 2, 6],
  [0, 0, -9],
  [10, -8, 4],
];

const [from, to] = argument('seeds', '1001-1006').split('-').map(Number) as [number, number];
let pairs = 0;
let brier = 0;
let right = 0;
let domes = 0;
let domeError = 0;
let domeWorst = 0;
const table: { truth: number; worst: number; score: number }[] = [];
for (let seed = from; seed <= to; seed++) {
  const mismatch = breathing[(seed - from) % breathing.length]!;
  const { ct, pet, truth } = await petctPhantom({ seed, respiratoryMismatchMm: mismatch });
  const anatomy = await segmentCtAnatomy(ct);
  const dome = truth.landmarks.find((landmark) => landmark.name === 'right diaphragm dome')!;
  const centre = truth.landmarks.find((landmark) => landmark.name === 'liver centre')!.petMm;
  for (const [n, shift] of shifts.entries()) {
    const ctFromPet = multiply(translation(shift), turnAbout(centre, n % 3 === 2 ? 1.5 : 0));
    const result = await registrationScore(ct, pet, { anatomy, ctFromPet });
    // What a landmark of the PET is off by once the CT is brought to the PET with this matrix.
    const petFromCt = invert(ctFromPet);
    const off = truth.landmarks.map(({ petMm, ctMm }) => {
      const p = transformPoint(petFromCt, ctMm);
      return Math.hypot(p[0] - petMm[0], p[1] - petMm[1], p[2] - petMm[2]);
    });
    const worstTruth = Math.max(...off);
    const within = worstTruth <= TOLERANCE_MM ? 1 : 0;
    const probability = (result.score ?? 50) / 100;
    brier += (probability - within) ** 2;
    if (probability >= 0.5 === (within === 1)) right++;
    pairs++;
    const seen = result.regions.find((region) => region.name === 'liver dome');
    // A dome moved sideways meets the same column elsewhere: judged where it moved along the body alone.
    if (seen !== undefined && shift[0] === 0 && shift[1] === 0) {
      const p = transformPoint(petFromCt, dome.ctMm);
      const error = Math.abs(seen.shift[2] - (dome.petMm[2] - p[2]));
      domes++;
      domeError += error;
      domeWorst = Math.max(domeWorst, error);
    }
    const worst = Math.max(...result.regions.map((region) => region.mm));
    table.push({ truth: worstTruth, worst, score: result.score ?? Number.NaN });
    console.log(
      `seed ${seed} shift ${shift.join(',')}: truth ${worstTruth.toFixed(1)} mm, estimate ${worst.toFixed(1)} mm, score ${result.score} (${result.reason})`,
    );
  }
}
const meanError = table.reduce((sum, row) => sum + Math.abs(row.truth - row.worst), 0) / table.length;
console.log(
  `score: ${pairs} pairs, seeds ${from}-${to}: worst region estimated with a mean error of ${meanError.toFixed(2)} mm; ` +
    `within ${TOLERANCE_MM} mm called right in ${((100 * right) / pairs).toFixed(1)} %, Brier score ${(brier / pairs).toFixed(3)}; ` +
    `liver dome: mean error ${(domeError / Math.max(1, domes)).toFixed(2)} mm, largest ${domeWorst.toFixed(2)} mm, ${domes} cases`,
);
process.exit(0);
