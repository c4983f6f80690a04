import { identity, PhotopeakError, type Volume } from '@photopeak/imaging';
import { withPrefix } from '../execution/index.ts';
import type { Finding, Pipeline, PipelineResult, StepRunner, StudyInput } from '../pipeline.ts';
import { assess, checksOf } from './assess.ts';
import { checkSeries } from './check-series.ts';
import { compareLesions } from './compare.ts';
import { comparedLesions, nameTracks } from './compared-lesions.ts';
import { drawComparison } from './draw.ts';
import { type Examination, examine } from './examine.ts';
import { type CtExtents, measureLesionsOnCt } from './measure-ct.ts';
import { packageComparison } from './package.ts';
import { type ComparisonParameters, comparisonParameters, criteriaOf } from './parameters.ts';
import { recallFaint, withRecalled } from './recall-faint.ts';
import { type PriorRegistration, registerPrior } from './register-prior.ts';
import type { ExaminationLesions } from './shapes.ts';
import { summarise } from './summarise.ts';
import type { ComparisonSummary } from './summary.ts';

const name = 'prior-comparison';
const version = '0.1.0';
const MOST_PRIORS = 6;

/**
 * A PET/CT study against studies of the same patient from before: each is analysed as by petct-oncology, brought into
 * the frame of the current one, lesions are followed, and response is judged. What cannot be compared says why.
 */
export const priorComparison: Pipeline<ComparisonParameters, ComparisonSummary> = {
  name,
  version,
  title: 'PET/CT against studies from before: lesions matched, change, response',
  needs: [
    'what petct-oncology needs, at each examination',
    'one to six PET/CT studies of the same patient from before',
  ],
  parameters: comparisonParameters,
  priors: { least: 1, most: MOST_PRIORS, modalities: ['PT', 'CT'] },
  outputs: [
    {
      name: 'comparison-seg',
      description: 'SEG of the lesions of the current study, with Tracking UIDs that persist',
      required: false,
    },
    {
      name: 'prior-registration',
      description: 'Spatial Registration of earlier CTs to the current CT',
      required: false,
    },
    {
      name: 'prior-deformation',
      description: 'Deformable Spatial Registration of each earlier CT that was deformed',
      required: false,
    },
    {
      name: 'comparison-sr',
      description: 'SR TID 1500 of all time points, changes and response',
      required: false,
    },
    {
      name: 'comparison-captures',
      description: 'planes through each lesion, before and now',
      required: false,
    },
    { name: 'summary', description: 'summary.json', required: true },
    { name: 'report', description: 'report.html', required: true },
  ],
  run,
};

async function run(
  study: StudyInput,
  parameters: ComparisonParameters,
  runner: StepRunner,
): Promise<PipelineResult<ComparisonSummary>> {
  const studies = [...(study.priors ?? []), study];
  if (studies.length < 2) {
    throw new PhotopeakError('there is no study from before to compare with', {
      code: 'COMPARISON_NO_PRIOR',
      expected: 'at least one PET/CT study of the same patient from before',
      where: study.studyInstanceUid,
      remedy:
        'give its folder with --prior, or have the node fetch studies from before (see docs/prior-comparison.md)',
    });
  }
  await runner.step(checkSeries, { studies });
  const findings: Finding[] = [];
  const examined: Examination[] = [];
  for (const [index, one] of studies.entries()) {
    const label = labelOf(index, studies.length);
    const filter = filterOf(parameters, index === studies.length - 1);
    const examination = await examine(label, one, parameters, filter, runner);
    examined.push(examination);
    findings.push(
      ...examination.analysed.findings.map((finding) => ({
        ...finding,
        message: `${label}: ${finding.message}`,
      })),
    );
  }

  const registrations: PriorRegistration[] = [];
  for (const examination of examined.slice(0, -1)) {
    const registration = await register(examination, examined.at(-1)!, parameters.registration, runner);
    registrations.push(registration);
    if (registration.used === 'none') {
      findings.push({
        code: 'COMPARISON_NOT_REGISTERED',
        severity: 'error',
        message: `${examination.label} is not compared: ${registration.reason}`,
        remedy: 'look at both studies by hand',
      });
    }
  }
  const usable = examined.map((examination, index) => isUsable(examination, registrations[index]));
  const examinations = await recall(examined, registrations, usable, runner);
  const current = examinations.at(-1)!;
  const compared = await compare(examinations, registrations, usable, runner);
  const tracks = nameTracks(examinations, compared);
  const facts = examinations.map((examination) => examination.facts);
  findings.push(...comparabilityFindings(examinations, checksOf(facts)));
  const criteria = criteriaOf(parameters, current.analysed.tracer?.name);
  const ctExtents = criteria.includes('recist')
    ? await measureAll(examinations, runner)
    : examinations.map(() => ({}));
  const response = assess({
    facts,
    ctExtents,
    tracks: tracks.map((track) => track.compared),
    names: tracks.map(({ name: short }) => short),
    organs: tracks.map(({ organ }) => organ),
    isUsable: usable,
    criteria,
  });
  const lesions = comparedLesions(examinations, tracks, compared, ctExtents);
  for (const { label, doubt } of lesions) {
    if (doubt === null) continue;
    findings.push({
      code: 'LESION_STATE_TO_CHECK',
      severity: 'warning',
      message: `${label}: ${doubt}`,
      remedy: 'look at the place in both studies before calling the lesion new or gone',
    });
  }
  const before = examinations.length - 2;
  const pictures = await runner.step(drawComparison, {
    prior: examinations[before]!,
    current,
    priorFromCurrentCt: usable[before] === true ? registrations[before]!.deformation : null,
    tracks,
    priorOrder: before,
    atMost: parameters.captures,
  });
  const pipeline = { name, version };
  const summary = summarise({
    identity: { pipeline, run: runner.run },
    examinations,
    registrations,
    lesions,
    response,
    findings,
  });
  const packaged = await runner.step(packageComparison, {
    pipeline,
    parameters,
    examinations,
    registrations,
    tracks,
    pictures,
    summary,
  });
  return { ...packaged, findings };
}

function labelOf(index: number, count: number): string {
  if (index === count - 1) return 'current';
  return index === 0 ? 'baseline' : `follow-up ${index}`;
}

/** The finer of two known resolutions is filtered to the coarser. */
function filterOf(
  { priorFwhmMm, currentFwhmMm }: ComparisonParameters,
  isCurrent: boolean,
): { readonly fromMm: number; readonly toMm: number } | null {
  if (priorFwhmMm === null || currentFwhmMm === null) return null;
  const [fromMm, toMm] = isCurrent ? [currentFwhmMm, priorFwhmMm] : [priorFwhmMm, currentFwhmMm];
  return fromMm < toMm ? { fromMm, toMm } : null;
}

async function register(
  examination: Examination,
  current: Examination,
  kind: ComparisonParameters['registration'],
  runner: StepRunner,
): Promise<PriorRegistration> {
  const [priorCt, currentCt] = [examination.analysed.ct, current.analysed.ct];
  if (priorCt === null || currentCt === null) {
    const reason = `there is no CT ${priorCt === null ? 'of it' : 'of the current study'}`;
    return {
      used: 'none',
      reason,
      deformation: { pull: identity },
      matrix: identity,
      uncertaintyMm: null,
      expectedErrorMm: 0,
    };
  }
  const named = withPrefix(runner, examination.label.replaceAll(' ', '-'));
  return named.step(registerPrior, { currentCt, priorCt, kind });
}

/** Size on CT of the lesions of every examination that has a CT aligned with its PET. */
async function measureAll(
  examinations: readonly Examination[],
  runner: StepRunner,
): Promise<readonly CtExtents[]> {
  const all: CtExtents[] = [];
  for (const { label, analysed, regions, petOnCt } of examinations) {
    const { ct, found } = analysed;
    const named = withPrefix(runner, label.replaceAll(' ', '-'));
    all.push(
      ct === null || found === null || petOnCt === null
        ? {}
        : await named.step(measureLesionsOnCt, {
            ct,
            lesions: regions.lesions,
            labels: found.labels,
            petOnCt,
          }),
    );
  }
  return all;
}

/** Its lesions were sought and it lies in the frame of the current study. */
const isUsable = ({ analysed, petOnCt }: Examination, registration: PriorRegistration | undefined): boolean =>
  analysed.found !== null && petOnCt !== null && registration?.used !== 'none';

/** Examinations whose faint uptake at the place of a lesion of another one is among their lesions. */
async function recall(
  examinations: readonly Examination[],
  registrations: readonly PriorRegistration[],
  usable: readonly boolean[],
  runner: StepRunner,
): Promise<readonly Examination[]> {
  const { pet } = examinations.at(-1)!.analysed;
  if (pet === null || usable.at(-1) !== true) return examinations;
  const recalled = await runner.step(recallFaint, placed(examinations, registrations, usable, pet));
  return examinations.map((examination, index) => ({
    ...examination,
    regions: withRecalled(examination.regions, recalled[index] ?? []),
  }));
}

async function compare(
  examinations: readonly Examination[],
  registrations: readonly PriorRegistration[],
  usable: readonly boolean[],
  runner: StepRunner,
) {
  const { pet } = examinations.at(-1)!.analysed;
  if (pet === null || usable.at(-1) !== true) return [];
  return runner.step(compareLesions, {
    currentPet: pet,
    examinations: placed(examinations, registrations, usable, pet),
  });
}

/** What was found at each examination, and its way into the frame of the current one. */
function placed(
  examinations: readonly Examination[],
  registrations: readonly PriorRegistration[],
  usable: readonly boolean[],
  currentPet: Volume,
): ExaminationLesions[] {
  const current = examinations.at(-1)!;
  return examinations.map((examination, index) => ({
    // An examination that cannot be compared takes part without lesions, so that the order of all others stays.
    regions: usable[index] === true ? examination.regions : { lesions: [], physiological: [] },
    labels: usable[index] === true ? examination.analysed.found!.labels : currentPet,
    diameters: examination.diameters,
    toCurrent: {
      petOnCt: examination.petOnCt ?? { pull: identity },
      deformation: registrations[index]?.deformation ?? null,
      currentPetOnCt: current.petOnCt ?? { pull: identity },
    },
    errorMm: registrations[index]?.expectedErrorMm ?? 0,
  }));
}

/** A warning that names what differs between an earlier examination and the current one. */
function comparabilityFindings(
  examinations: readonly Examination[],
  checks: ReturnType<typeof checksOf>,
): Finding[] {
  return checks.flatMap((list, index) => {
    const { label } = examinations[index]!;
    const differing = list.filter(({ status }) => status === 'differs');
    if (differing.length === 0) return [];
    const isDecisive = differing.some((check) => check.isDecisive);
    return [
      {
        code: isDecisive ? 'COMPARISON_NOT_COMPARABLE' : 'COMPARISON_DIFFERS',
        severity: 'warning',
        message: `${label} and current differ in ${differing.map(({ message }) => message).join('; ')}`,
        remedy: isDecisive
          ? 'the change of uptake is not judged; compare by eye'
          : 'weigh this when reading a change of uptake',
      },
    ];
  });
}
