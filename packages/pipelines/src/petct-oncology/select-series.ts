import { type RecognisedTracer, type SuvResult, suvFactors } from '@photopeak/analysis';
import { groupSeries, petAcquisition, type Series } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { chosenPair, compareForeignFactors, inputChecks, studyFindings } from '../inspection/index.ts';
import { type Choice, choosePetAndCt, toldChoice, toldRejected } from '../pairing/index.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { patientHash, readInstances, seriesFacts, tracerOf, tracerWords } from '../study/index.ts';
import type { PetctSummary } from './summary.ts';

/** Which stack of which series, for the steps that read its pixels. */
export interface SeriesKey {
  readonly seriesInstanceUid: string;
  /** Of a series with several stacks, the one. */
  readonly stack: string | null;
}

export interface Selection {
  readonly pet: SeriesKey | null;
  readonly ct: SeriesKey | null;
  readonly frameOfReferenceShared: boolean;
  readonly chosen: PetctSummary['chosen'];
  readonly suv: SuvResult | null;
  /** What the headers of the PET name; null without a PET. */
  readonly tracer: (RecognisedTracer & { readonly radionuclide: string | null }) | null;
  readonly study: PetctSummary['study'];
  readonly findings: readonly Finding[];
}

/** Objects that may hold another SUV factor, which is compared, or an alignment, which is weighed. */
const OTHERS: readonly string[] = ['RWV', 'REG'];

/** PET and CT as they would be chosen, and what they are held against. */
export async function seriesRead(input: StudyInput): Promise<readonly string[]> {
  const series = groupSeries(readInstances(input));
  const pairing = choosePetAndCt(series.map(seriesFacts));
  const chosen = [pairing.pet, pairing.ct].flatMap((choice) => (choice === null ? [] : [choice.series]));
  const others = input.instances.filter(({ modality }) => OTHERS.includes(modality));
  return [...new Set([...chosen, ...others].map(({ seriesInstanceUid }) => seriesInstanceUid))];
}

/** Chooses PET and CT and settles SUV, from headers alone. */
export const selectSeries: Step<StudyInput, Selection> = {
  name: 'select-series',
  version: '2',
  resource: 'cpu',
  run: async (input) => {
    const instances = readInstances(input);
    const patientHashes = [...new Set(instances.map(({ dataset }) => patientHash(dataset)))].sort();
    if (patientHashes.length > 1) {
      throw new PhotopeakError('the study holds files of more than one patient', {
        code: 'INPUT_MIXED_PATIENTS',
        expected: 'one patient for one Study Instance UID',
        found: `${patientHashes.length} patients`,
        where: input.studyInstanceUid,
        remedy: 'separate the patients at the source and send the study again',
      });
    }
    const series = groupSeries(instances);
    const facts = series.map(seriesFacts);
    const pairing = choosePetAndCt(facts);
    const seriesOf = (choice: Choice | null): Series | null =>
      series.find((_, index) => facts[index] === choice?.series) ?? null;
    const pet = seriesOf(pairing.pet);
    const ct = seriesOf(pairing.ct);
    const suv = pet === null ? null : suvFactors(petAcquisition(pet));
    const foreign = compareForeignFactors({ instances }, series, facts, pairing);
    const header = instances[0]?.dataset;
    return {
      pet: keyOf(pet),
      ct: keyOf(ct),
      frameOfReferenceShared: pairing.frameOfReferenceShared,
      chosen: {
        pet: toldChoice(pairing.pet),
        ct: toldChoice(pairing.ct),
        rejected: toldRejected(pairing.rejected),
      },
      suv,
      tracer: pet === null ? null : { ...tracerOf(pet), radionuclide: tracerWords(pet).radionuclide },
      study: {
        studyInstanceUid: input.studyInstanceUid,
        studyDate: header?.text('StudyDate') ?? null,
        description: header?.text('StudyDescription') ?? '',
        patientHash: patientHashes[0] ?? '',
      },
      findings: [
        ...studyFindings({ patientHashes }, pairing, suv, foreign),
        ...inputChecks(chosenPair(pairing, facts, series)),
      ],
    };
  },
};

function keyOf(series: Series | null): SeriesKey | null {
  return series === null
    ? null
    : { seriesInstanceUid: series.seriesInstanceUid, stack: series.stack ?? null };
}
