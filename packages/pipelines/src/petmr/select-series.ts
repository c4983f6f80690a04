import { type RecognisedTracer, type SuvResult, suvFactors } from '@photopeak/analysis';
import { groupSeries, petAcquisition, type Series } from '@photopeak/dicom';
import {
  type Choice,
  chooseAnatomical,
  choosePetAndCt,
  isVolume,
  type SeriesFacts,
  sharesFrame,
  toldChoice,
  toldRejected,
  unfitVolume,
  type VolumeSeries,
} from '../pairing/index.ts';
import type { SeriesKey } from '../petct-oncology/parts.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { onePatient, readInstances, seriesFacts, tracerOf, tracerWords } from '../study/index.ts';
import { ANATOMICAL_ROLES, MEASURED_ROLES, MR_ROLE_NAMES, type MrRole, mrRole } from './mr-role.ts';
import type { PetmrSummary } from './summary.ts';

export interface MrKey extends SeriesKey {
  readonly description: string;
  readonly role: MrRole;
}

export interface PetmrSelection {
  readonly pet: SeriesKey | null;
  readonly mr: MrKey | null;
  /** Dixon images of the acquisition of `mr`. */
  readonly water: MrKey | null;
  readonly fat: MrKey | null;
  /** Sequences that are measured in lesions. */
  readonly measured: readonly MrKey[];
  readonly frameOfReferenceShared: boolean;
  readonly chosen: PetmrSummary['chosen'];
  readonly suv: SuvResult | null;
  readonly tracer: (RecognisedTracer & { readonly radionuclide: string | null }) | null;
  readonly study: PetmrSummary['study'];
  readonly findings: readonly Finding[];
}

interface Candidate {
  readonly series: Series;
  readonly facts: SeriesFacts;
  readonly role: MrRole;
}

/** Series that a run of this study would read beyond their headers. */
export async function petmrSeriesRead(study: StudyInput): Promise<readonly string[]> {
  const { pet, mr, water, fat, measured } = choose(groupSeries(readInstances(study)));
  const read = [pet, mr, water, fat, ...measured].flatMap((key) => key?.seriesInstanceUid ?? []);
  return [...new Set(read)];
}

/** Chooses PET and MR and settles SUV, from headers alone. Throws `INPUT_MIXED_PATIENTS`. */
export const selectPetmr: Step<StudyInput, PetmrSelection> = {
  name: 'select-series',
  version: '1',
  resource: 'cpu',
  run: async (input) => {
    const instances = readInstances(input);
    const patient = onePatient(instances, input.studyInstanceUid);
    const chosen = choose(groupSeries(instances));
    const { petSeries, ...selection } = chosen;
    const suv = petSeries === null ? null : suvFactors(petAcquisition(petSeries));
    const header = instances[0]?.dataset;
    return {
      ...selection,
      suv,
      tracer:
        petSeries === null
          ? null
          : { ...tracerOf(petSeries), radionuclide: tracerWords(petSeries).radionuclide },
      study: {
        studyInstanceUid: input.studyInstanceUid,
        studyDate: header?.text('StudyDate') ?? null,
        description: header?.text('StudyDescription') ?? '',
        patientHash: patient,
      },
      findings: selectionFindings(selection, suv),
    };
  },
};

type Chosen = Omit<PetmrSelection, 'suv' | 'tracer' | 'study' | 'findings'> & {
  readonly petSeries: Series | null;
};

function choose(series: readonly Series[]): Chosen {
  const facts = series.map(seriesFacts);
  const pairing = choosePetAndCt(facts.filter(({ modality }) => modality === 'PT'));
  const candidates = series.flatMap((one, index): Candidate[] =>
    one.modality === 'MR' ? [{ series: one, facts: facts[index]!, role: mrRole(headerOf(one)) }] : [],
  );
  const rejected: Choice[] = [...pairing.rejected];
  const reject = (one: SeriesFacts, reason: string) => rejected.push({ series: one, reason });
  for (const one of facts)
    if (one.modality !== 'PT' && one.modality !== 'MR')
      reject(one, `modality ${one.modality} is not PET or MR`);
  const body = bodySeries(candidates, pairing.pet?.series ?? null, reject);
  const mr = candidates.find(({ facts: own }) => own === body?.series) ?? null;
  const partner = (role: MrRole) =>
    mr === null || mr.role === 't1' || mr.role === 't2'
      ? null
      : (candidates.find((one) => one.role === role && isSameGrid(one, mr)) ?? null);
  const [water, fat] = [partner('water'), partner('fat')];
  const hasDixon = water !== null && fat !== null;
  const measured = MEASURED_ROLES.flatMap((role) => candidates.filter((one) => one.role === role)).filter(
    ({ facts: own }) => isVolume(own) && (mr === null || sharesFrame(own, mr.facts)),
  );
  const petSeries = series.find((_, index) => facts[index] === pairing.pet?.series) ?? null;
  return {
    petSeries,
    pet: petSeries === null ? null : keyOf(petSeries),
    mr: mrKey(mr),
    water: hasDixon ? mrKey(water) : null,
    fat: hasDixon ? mrKey(fat) : null,
    measured: measured.map((one) => mrKey(one)!),
    frameOfReferenceShared: mr !== null && pairing.pet !== null && sharesFrame(mr.facts, pairing.pet.series),
    chosen: {
      pet: toldChoice(pairing.pet),
      mr: toldChoice(body),
      sequences: candidates.map((one) => ({
        seriesInstanceUid: one.facts.seriesInstanceUid,
        description: one.facts.description,
        role: one.role,
        ...useOf(one, mr, hasDixon ? [water, fat] : [], measured),
      })),
      rejected: toldRejected(rejected),
    },
  };
}

function headerOf(series: Series) {
  const header = series.instances[0]?.dataset;
  return {
    imageType: header?.texts('ImageType') ?? [],
    description: series.description ?? '',
    sequenceName: header?.text('SequenceName') ?? '',
    scanningSequence: header?.texts('ScanningSequence') ?? [],
    echoMs: header?.number('EchoTime') ?? null,
    repetitionMs: header?.number('RepetitionTime') ?? null,
  };
}

/** The best role of which a series covers the PET. */
function bodySeries(
  candidates: readonly Candidate[],
  pet: SeriesFacts | null,
  reject: (series: SeriesFacts, reason: string) => void,
): Choice | null {
  for (const role of ANATOMICAL_ROLES) {
    const fit: VolumeSeries[] = [];
    for (const one of candidates.filter((candidate) => candidate.role === role)) {
      const reason = unfitVolume(one.facts);
      if (reason === null && isVolume(one.facts)) fit.push(one.facts);
      else if (reason !== null) reject(one.facts, reason);
    }
    const choice = chooseAnatomical(fit, pet, 'PET', `${MR_ROLE_NAMES[role]} volume`, reject);
    if (choice !== null) return { ...choice, reason: `${MR_ROLE_NAMES[role]}: ${choice.reason}` };
  }
  return null;
}

function isSameGrid(a: Candidate, b: Candidate): boolean {
  if (!isVolume(a.facts) || !isVolume(b.facts) || !sharesFrame(a.facts, b.facts)) return false;
  const [x, y] = [a.facts.volume, b.facts.volume];
  return (
    x.slices === y.slices &&
    Math.abs(x.pixelSpacingMm - y.pixelSpacingMm) < 1e-3 &&
    Math.abs(x.headFeetMm[0] - y.headFeetMm[0]) < 0.1
  );
}

const keyOf = (series: Series): SeriesKey => ({
  seriesInstanceUid: series.seriesInstanceUid,
  stack: series.stack ?? null,
});

const mrKey = (candidate: Candidate | null): MrKey | null =>
  candidate === null
    ? null
    : { ...keyOf(candidate.series), description: candidate.facts.description, role: candidate.role };

function useOf(
  one: Candidate,
  mr: Candidate | null,
  dixon: readonly Candidate[],
  measured: readonly Candidate[],
): Pick<PetmrSummary['chosen']['sequences'][number], 'use' | 'reason'> {
  const name = MR_ROLE_NAMES[one.role];
  if (one === mr) return { use: 'body', reason: `shows the body (${name})` };
  if (dixon.includes(one)) return { use: 'fat and water', reason: `tells fat from water (${name})` };
  if (measured.includes(one)) return { use: 'measured', reason: `measured in lesions (${name})` };
  if (one.role === 'attenuation map')
    return { use: 'not used', reason: 'an attenuation map: what the scanner made of MR, not anatomy' };
  if (!isVolume(one.facts)) return { use: 'not used', reason: 'not a volume' };
  if (one.role === 'other')
    return { use: 'not used', reason: 'neither its type nor its name says what it shows' };
  return { use: 'not used', reason: 'in another frame of reference than the MR that shows the body' };
}

function selectionFindings(
  { pet, mr, water, frameOfReferenceShared }: Omit<Chosen, 'petSeries'>,
  suv: SuvResult | null,
): Finding[] {
  const findings: Finding[] = [];
  if (pet === null) {
    findings.push({
      code: 'PAIRING_NO_PET',
      severity: 'error',
      message: 'no attenuation-corrected PET volume in the study',
      remedy: 'send the corrected PET series; the reason for each series is listed with it',
    });
  }
  if (mr === null) {
    findings.push({
      code: 'PETMR_NO_MR',
      severity: pet === null ? 'error' : 'warning',
      message: 'no axial MR volume that covers the PET and shows the body',
      remedy: 'send the Dixon or T1-weighted series of the examination',
    });
  } else {
    if (water === null) {
      findings.push({
        code: 'PETMR_NO_DIXON',
        severity: 'info',
        message: 'no water and fat images on the voxels of the MR: fat is not told from soft tissue',
      });
    }
    if (pet !== null && !frameOfReferenceShared) {
      findings.push({
        code: 'PAIRING_FRAMES_DIFFER',
        severity: 'warning',
        message: 'PET and MR have different frames of reference: nothing is fused without a registration',
      });
    }
  }
  if (suv?.status === 'refused') {
    findings.push({
      code: suv.code,
      severity: 'error',
      message: `SUV is not computable: ${suv.reason}`,
      remedy: suv.remedy,
    });
  }
  for (const message of suv?.warnings ?? [])
    findings.push({ code: 'SUV_NOTE', severity: 'warning', message });
  return findings;
}
