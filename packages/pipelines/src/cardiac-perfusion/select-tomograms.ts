import { groupSeries, type Series } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { patientHash, readInstances } from '../study/index.ts';
import { type ChosenTomograms, chooseTomograms } from './choose-tomograms.ts';
import type { CardiacParameters } from './parameters.ts';
import { type TomogramFacts, tomogramFacts } from './tomogram-facts.ts';

export interface SelectInput {
  readonly study: StudyInput;
  readonly parameters: CardiacParameters;
}

/** A CT in the frame of reference of a tomogram. */
export interface CtKey {
  readonly seriesInstanceUid: string;
  readonly stack: string | null;
}

export interface CardiacSelection extends ChosenTomograms {
  /** In the order of the states: the CT that may have corrected its attenuation. */
  readonly cts: readonly (CtKey | null)[];
  readonly study: {
    readonly studyInstanceUid: string;
    readonly studyDate: string | null;
    readonly description: string;
    readonly patientHash: string;
  };
  readonly sex: 'M' | 'F' | null;
  readonly findings: readonly Finding[];
}

/** The instances of a study and of those from before: stress and rest may be on two days. */
const allInstances = (study: StudyInput): StudyInput => ({
  ...study,
  instances: [study, ...(study.priors ?? [])].flatMap(({ instances }) => instances),
});

/** Series that a run of this study would read. */
export async function tomogramsRead(study: StudyInput): Promise<readonly string[]> {
  const series = groupSeries(readInstances(allInstances(study)));
  const { states } = chooseTomograms(tomogramFacts(series), 'corrected');
  return states.flatMap(({ perfusion, gated }) => [
    perfusion.seriesInstanceUid,
    ...(gated === null ? [] : [gated.seriesInstanceUid]),
  ]);
}

/** Chooses stress and rest from headers alone. Throws `INPUT_MIXED_PATIENTS`. */
export const selectTomograms: Step<SelectInput, CardiacSelection> = {
  name: 'select-series',
  version: '1',
  resource: 'cpu',
  run: async ({ study, parameters }) => {
    const instances = readInstances(allInstances(study));
    const hashes = [...new Set(instances.map(({ dataset }) => patientHash(dataset)))].sort();
    if (hashes.length > 1) {
      throw new PhotopeakError('the study holds files of more than one patient', {
        code: 'INPUT_MIXED_PATIENTS',
        expected: 'one patient',
        found: `${hashes.length} patients`,
        where: study.studyInstanceUid,
        remedy: 'separate the patients at the source and send the study again',
      });
    }
    const series = groupSeries(instances);
    const chosen = chooseTomograms(tomogramFacts(series), parameters.attenuation);
    const header = instances[0]?.dataset;
    const sex = header?.text('PatientSex');
    return {
      ...chosen,
      cts: chosen.states.map(({ perfusion }) =>
        perfusion.attenuationCorrected ? ctOf(perfusion, series) : null,
      ),
      study: {
        studyInstanceUid: study.studyInstanceUid,
        studyDate: header?.text('StudyDate') ?? null,
        description: header?.text('StudyDescription') ?? '',
        patientHash: hashes[0] ?? '',
      },
      sex: sex === 'M' || sex === 'F' ? sex : null,
      findings: selectionFindings(chosen, parameters),
    };
  },
};

/** The CT with the most slices in the frame of reference of a tomogram. */
function ctOf(tomogram: TomogramFacts, series: readonly Series[]): CtKey | null {
  const frame = series.find(
    ({ seriesInstanceUid }) => seriesInstanceUid === tomogram.seriesInstanceUid,
  )?.frameOfReferenceUid;
  if (frame === undefined) return null;
  const cts = series
    .filter(
      ({ modality, kind, frameOfReferenceUid }) =>
        modality === 'CT' && kind === 'volume' && frameOfReferenceUid === frame,
    )
    .sort((a, b) => b.slices.length - a.slices.length);
  const [first] = cts;
  return first === undefined
    ? null
    : { seriesInstanceUid: first.seriesInstanceUid, stack: first.stack ?? null };
}

function selectionFindings({ states }: ChosenTomograms, parameters: CardiacParameters): Finding[] {
  if (states.length === 0) {
    return [
      {
        code: 'CARDIAC_NO_TOMOGRAM',
        severity: 'error',
        message: 'no reconstructed tomogram of the heart in the study',
        remedy: 'send the reconstructed transaxial series of stress and rest',
      },
    ];
  }
  const findings: Finding[] = [];
  const [first] = states;
  if (first?.state === null) {
    findings.push({
      code: 'CARDIAC_STATE_UNKNOWN',
      severity: 'warning',
      message: 'no series says whether it is stress or rest: one is mapped, nothing is compared',
      remedy: 'name the state in Series Description or Image ID',
    });
  } else if (states.length === 1) {
    findings.push({
      code: 'CARDIAC_ONE_STATE',
      severity: 'info',
      message: `only ${first?.state} was found: no difference score and no dilation ratio`,
    });
  }
  for (const { perfusion, state } of states) {
    if (perfusion.attenuationCorrected !== (parameters.attenuation === 'corrected')) {
      findings.push({
        code: 'CARDIAC_CORRECTION_DIFFERS',
        severity: 'info',
        message: `${state ?? 'the examination'} is there only ${perfusion.attenuationCorrected ? 'with' : 'without'} attenuation correction`,
      });
    }
  }
  const corrections = new Set(states.map(({ perfusion }) => perfusion.attenuationCorrected));
  if (corrections.size > 1) {
    findings.push({
      code: 'CARDIAC_STATES_NOT_ALIKE',
      severity: 'warning',
      message: 'stress and rest differ in attenuation correction: their difference may come from that',
      remedy: 'send both with and without correction, and choose one with the parameter attenuation',
    });
  }
  return findings;
}
