/**
 * The pipeline prior-comparison on pairs of phantom studies whose lesions are known: which lesions are called
 * persisting, new and resolved, and how far the change of their volume and SUVmax is from the truth.
 *
 *   node bench/pipelines/prior-comparison.ts [--seeds 3001-3005]
 *
 * A lesion that petct-oncology does not find at a visit cannot be called rightly: such are counted apart. Drawings, not
 * patients.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lesionCourse, type PetctTruth, writePetctStudy } from '@photopeak/phantom';
import {
  collectStudies,
  comparisonParameters,
  inProcessRunner,
  priorComparison,
  resultKey,
  studyInput,
} from '@photopeak/pipelines';

const at = process.argv.indexOf('--seeds');
const [from, to] = (at < 0 ? '3001-3005' : (process.argv[at + 1] ?? '')).split('-').map(Number) as [
  number,
  number,
];
/** A finding is the lesion within its radius and this. */
const NEAR_MM = 10;
const sum = { lesions: 0, right: 0, unseen: 0, findings: 0, falseStates: 0 };
const errors: number[] = [];
let seconds = 0;
for (let seed = from; seed <= to; seed++) {
  const folder = await mkdtemp(path.join(tmpdir(), 'photopeak-pairs-'));
  const lesions = lesionCourse({ seed, visits: 2 });
  const truths: PetctTruth[] = [];
  const inputs = [];
  for (const visit of [0, 1]) {
    const { dicomFolder, phantom } = await writePetctStudy({
      folder: path.join(folder, String(visit)),
      phantom: { seed, visit, lesions },
      extras: [],
    });
    truths.push(phantom.truth);
    const [study] = (await collectStudies(dicomFolder)).studies;
    inputs.push(await studyInput(study!));
  }
  const input = { ...inputs[1]!, priors: [inputs[0]!] };
  const parameters = comparisonParameters.parse({ captures: 0 });
  const run = { key: resultKey(priorComparison, parameters, input), at: '2026-01-01T00:00:00' };
  const start = performance.now();
  const { summary } = await priorComparison.run(input, parameters, inProcessRunner({ run }));
  seconds += (performance.now() - start) / 1000;
  await rm(folder, { recursive: true });
  const [then, now] = truths as [PetctTruth, PetctTruth];
  const ids = new Set([...then.lesions, ...now.lesions].map(({ id }) => id));
  const taken = new Set<string>();
  for (const id of ids) {
    const [before, after] = [then, now].map(({ lesions: list }) => list.find((lesion) => lesion.id === id));
    const expected = before === undefined ? 'new' : after === undefined ? 'resolved' : 'persisting';
    // Where a lesion that is gone would be now is not in the truth: it is found by its state and its uptake before.
    const found = summary.lesions.find(({ position, state, timePoints, trackingUid }) => {
      if (taken.has(trackingUid)) return false;
      if (after !== undefined)
        return (
          Math.hypot(...position.map((mm, axis) => mm - after.centerPetMm[axis]!)) <= after.radiusMm + NEAR_MM
        );
      const was = timePoints[0]?.values?.suvMax ?? 0;
      return state === 'resolved' && Math.abs(was / before!.suvMaxNoiseFree - 1) < 0.25;
    });
    sum.lesions++;
    if (found === undefined) {
      sum.unseen++;
      console.log(`seed ${seed}: ${(after ?? before)!.site}, ${expected}: not found`);
      continue;
    }
    taken.add(found.trackingUid);
    if (found.state === expected) sum.right++;
    else
      console.log(
        `seed ${seed}: ${(after ?? before)!.site}, ${expected}: called ${found.state}; ${found.doubt ?? ''}`,
      );
    const said = found.fromPrevious.suvMax?.relative;
    if (before !== undefined && after !== undefined && said != null) {
      errors.push(Math.abs(said - (after.suvMaxNoiseFree / before.suvMaxNoiseFree - 1)));
    }
  }
  sum.findings += summary.lesions.length;
  for (const { trackingUid, state, label } of summary.lesions) {
    if (taken.has(trackingUid)) continue;
    sum.falseStates++;
    console.log(`seed ${seed}: false ${label}, called ${state}`);
  }
}
const mean = errors.reduce((total, value) => total + value, 0) / Math.max(1, errors.length);
const pairs = to - from + 1;
console.log(
  `prior comparison, ${pairs} phantom pairs, seeds ${from}-${to}: state right for ${sum.right} of ${sum.lesions - sum.unseen} lesions found (${sum.unseen} of ${sum.lesions} not found), ` +
    `${sum.falseStates} false of ${sum.findings}; change of SUVmax off by ${(100 * mean).toFixed(1)} percentage points on average; ` +
    `${(seconds / pairs).toFixed(0)} s a pair, peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
);
process.exit(0);
