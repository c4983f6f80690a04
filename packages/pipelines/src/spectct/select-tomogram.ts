import {
  isSinglePhoton,
  quantifySpect,
  type SpectKnowledge,
  type SpectQuantity,
  type SpectTracer,
  spectTracerOf,
} from '@photopeak/analysis';
import {
  groupSeries,
  type Instance,
  petAcquisition,
  readFilePart10,
  readRealWorldValueMapping,
  type Series,
  type SpectAcquisition,
  spectAcquisition,
  UID,
} from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { type Choice, toldChoice, toldRejected } from '../pairing/index.ts';
import type { SeriesKey } from '../petct-oncology/parts.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { isAttenuationCorrected, onePatient, readInstances, seriesFacts } from '../study/index.ts';
import { chooseSpectAndCt, type SpectPairing, type TomogramFacts } from './choose-tomogram.ts';
import type { SpectctParameters } from './parameters.ts';
import type { SpectctSummary } from './summary.ts';

export interface SelectInput {
  readonly study: StudyInput;
  readonly parameters: SpectctParameters;
}

export interface SpectSelection {
  readonly spect: SeriesKey | null;
  readonly ct: SeriesKey | null;
  readonly frameOfReferenceShared: boolean;
  readonly frameOfReferenceUid: string | null;
  readonly chosen: SpectctSummary['chosen'];
  readonly quantity: SpectQuantity | null;
  readonly tracer: SpectTracer;
  readonly radiopharmaceutical: string | null;
  readonly study: SpectctSummary['study'];
  readonly findings: readonly Finding[];
}

/** Objects that a run reads besides SPECT and CT. */
const READ_AS_WELL = ['RWV', 'RTSTRUCT'];

/** Series that a run of this study would read beyond their headers. */
export async function tomogramsRead(study: StudyInput): Promise<readonly string[]> {
  const { spect, ct } = chooseSpectAndCt(groupSeries(readInstances(study)).map(tomogramFacts));
  const chosen = [spect, ct].flatMap((choice) => (choice === null ? [] : [choice.series]));
  const others = study.instances.filter(({ modality }) => READ_AS_WELL.includes(modality));
  return [...new Set([...chosen, ...others].map(({ seriesInstanceUid }) => seriesInstanceUid))];
}

/** Chooses SPECT and CT and settles what the values mean, from headers alone. Throws `INPUT_MIXED_PATIENTS`. */
export const selectTomogram: Step<SelectInput, SpectSelection> = {
  name: 'select-series',
  version: '1',
  resource: 'cpu',
  run: async ({ study, parameters }) => {
    const instances = readInstances(study);
    const patient = onePatient(instances, study.studyInstanceUid);
    const series = groupSeries(instances);
    const facts = series.map(tomogramFacts);
    const pairing = chooseSpectAndCt(facts);
    const seriesOf = (choice: Choice | null): Series | null =>
      series.find((_, index) => facts[index]?.facts === choice?.series) ?? null;
    const spect = seriesOf(pairing.spect);
    const ct = seriesOf(pairing.ct);
    const acquisition = spect === null ? null : acquisitionOf(spect, instances);
    const quantity = acquisition === null ? null : quantifySpect(acquisition, knowledgeOf(parameters));
    const header = instances[0]?.dataset;
    const tracer =
      parameters.tracer === 'auto'
        ? spectTracerOf([
            acquisition?.radiopharmaceutical ?? null,
            spect?.description ?? null,
            header?.text('StudyDescription') ?? null,
          ])
        : parameters.tracer;
    return {
      spect: keyOf(spect),
      ct: keyOf(ct),
      frameOfReferenceShared: pairing.frameOfReferenceShared,
      frameOfReferenceUid: spect?.frameOfReferenceUid ?? null,
      chosen: chosenOf(pairing),
      quantity,
      tracer,
      radiopharmaceutical: acquisition?.radiopharmaceutical ?? null,
      study: {
        studyInstanceUid: study.studyInstanceUid,
        studyDate: header?.text('StudyDate') ?? null,
        description: header?.text('StudyDescription') ?? '',
        patientHash: patient,
      },
      findings: selectionFindings(pairing, spect, quantity, tracer, parameters),
    };
  },
};

function tomogramFacts(series: Series): TomogramFacts {
  const header = series.instances[0]?.dataset;
  const isPetObject = series.modality === 'PT' && series.kind === 'volume';
  const pet = isPetObject ? petAcquisition(series) : null;
  const isSpect =
    series.modality === 'NM' ||
    (pet !== null && isSinglePhoton(pet.radionuclideCode, pet.radionuclideMeaning));
  const unit = header?.text('Units') ?? header?.text('RescaleType');
  return {
    facts: seriesFacts(series),
    isSpect,
    isReconstructed:
      series.modality !== 'NM' ||
      (header?.texts('ImageType') ?? []).some((value) => value.toUpperCase().startsWith('RECON')),
    attenuationCorrected: isSpect && isAttenuationCorrected(series),
    isQuantitative: unit === 'BQML' || (header?.has('RealWorldValueMappingSequence') ?? false),
  };
}

/** As written, with the attenuation correction that only words tell, and with a mapping that lies beside the image. */
function acquisitionOf(series: Series, instances: readonly Instance[]): SpectAcquisition {
  const acquisition = spectAcquisition(series);
  const { correctedImage } = acquisition;
  const isCorrected = isAttenuationCorrected(series);
  return {
    ...acquisition,
    correctedImage: [...correctedImage.filter((name) => name !== 'ATTN'), ...(isCorrected ? ['ATTN'] : [])],
    mapping: acquisition.mapping ?? foreignMapping(series, instances),
  };
}

/** A Real World Value Mapping object of the study that states Bq/ml for this series. */
function foreignMapping(series: Series, instances: readonly Instance[]): SpectAcquisition['mapping'] {
  const own = new Set(series.instances.map(({ sopInstanceUid }) => sopInstanceUid));
  const slope = series.slices[0]?.rescaleSlope ?? 1;
  for (const instance of instances) {
    if (instance.sopClassUid !== UID.RealWorldValueMappingStorage) continue;
    try {
      const { mappings } = readRealWorldValueMapping(readFilePart10(instance.path).dataset);
      const found = mappings.find(
        ({ ucum, images, slope: mapped, intercept }) =>
          ucum === 'Bq/ml' &&
          mapped !== undefined &&
          (intercept ?? 0) === 0 &&
          images.some((uid) => own.has(uid)),
      );
      if (found?.slope !== undefined)
        return {
          bqPerMlPerValue: found.slope / slope,
          source: `Real World Value Mapping ${instance.sopInstanceUid}`,
        };
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
    }
  }
  return null;
}

function knowledgeOf(parameters: SpectctParameters): SpectKnowledge {
  const { sensitivityCpsPerMBq, acquisitionSeconds, administeredMBq, administeredAt } = parameters;
  return {
    ...(sensitivityCpsPerMBq > 0 ? { sensitivityCpsPerMBq } : {}),
    ...(acquisitionSeconds > 0 ? { acquisitionSeconds } : {}),
    ...(administeredMBq > 0 ? { administeredMBq } : {}),
    ...(administeredAt === '' ? {} : { administeredAt }),
  };
}

const keyOf = (series: Series | null): SeriesKey | null =>
  series === null ? null : { seriesInstanceUid: series.seriesInstanceUid, stack: series.stack ?? null };

function chosenOf({ spect, ct, rejected }: SpectPairing): SpectctSummary['chosen'] {
  return {
    spect: toldChoice(spect),
    ct: toldChoice(ct),
    rejected: toldRejected(rejected),
  };
}

function selectionFindings(
  { spect, ct, frameOfReferenceShared }: SpectPairing,
  series: Series | null,
  quantity: SpectQuantity | null,
  tracer: SpectTracer,
  parameters: SpectctParameters,
): Finding[] {
  const findings: Finding[] = [];
  if (spect === null) {
    findings.push({
      code: 'SPECT_NO_TOMOGRAM',
      severity: 'error',
      message: 'no reconstructed SPECT volume in the study',
      remedy: 'send the reconstructed transaxial series; the reason for each series is listed with it',
    });
    return findings;
  }
  if (ct === null) {
    findings.push({
      code: 'PAIRING_NO_CT',
      severity: 'warning',
      message: 'no axial CT volume that covers the SPECT',
      remedy: 'send the CT of the examination; without it there are no organs and no foci are sought',
    });
  } else if (!frameOfReferenceShared) {
    findings.push({
      code: 'PAIRING_FRAMES_DIFFER',
      severity: 'warning',
      message: 'SPECT and CT have different frames of reference: nothing is fused without a registration',
    });
  }
  const hasAttribute = (series?.instances[0]?.dataset.texts('CorrectedImage') ?? []).includes('ATTN');
  if (series !== null && !hasAttribute && isAttenuationCorrected(series)) {
    findings.push({
      code: 'SPECT_CORRECTION_BY_NAME',
      severity: 'info',
      message: 'only the name of the series says that it is corrected for attenuation',
    });
  }
  if (quantity?.status === 'relative') {
    findings.push({
      code: quantity.code,
      severity: 'warning',
      message: `activity is not quantified, values are relative: ${quantity.reason}`,
      remedy: quantity.remedy,
    });
  }
  if (quantity?.status === 'quantitative' && quantity.suv.status === 'refused') {
    findings.push({
      code: quantity.suv.code,
      severity: 'info',
      message: `SUV is not computable: ${quantity.suv.reason}`,
      remedy: quantity.suv.remedy,
    });
  }
  for (const message of quantity?.warnings ?? [])
    findings.push({ code: 'SPECT_NOTE', severity: 'warning', message });
  if (tracer === 'other' && parameters.tracer === 'auto') {
    findings.push({
      code: 'SPECT_TRACER_UNKNOWN',
      severity: 'warning',
      message: 'the headers do not name a tracer that has rules here: general ones are used',
      remedy: 'set the parameter tracer',
    });
  }
  return findings;
}
