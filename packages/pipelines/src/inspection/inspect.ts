import { type SuvResult, suvFactors } from '@photopeak/analysis';
import {
  type Finding as DicomFinding,
  groupSeries,
  petAcquisition,
  planSeriesGrid,
  type Series,
} from '@photopeak/dicom';
import { choosePetAndCt, type Pairing, type SeriesFacts } from '../pairing/index.ts';
import type { Finding } from '../pipeline.ts';
import {
  type CollectedStudy,
  collectStudies,
  type ForeignSuvFactor,
  foreignSuvFactors,
  patientHash,
  seriesFacts,
} from '../study/index.ts';
import { type CheckedPair, checkedSeries, inputChecks } from './input-checks.ts';
import { INSPECT_SCHEMA, type InspectedSeries, type Inspection } from './schema.ts';

/** What a folder holds and what the pipelines would do with it; no pixels are read. Throws `INPUT_EMPTY`. */
export async function inspectFolder(folder: string): Promise<Inspection> {
  const { studies, problems } = await collectStudies(folder);
  return {
    schema: INSPECT_SCHEMA,
    studies: studies.map(inspectStudy),
    problems: problems.map(({ code, path, message }) => ({ code, file: path, message })),
  };
}

function inspectStudy(study: CollectedStudy): Inspection['studies'][number] {
  const series = groupSeries(study.instances);
  const facts = series.map(seriesFacts);
  const pairing = choosePetAndCt(facts);
  const inspected = series.map((one, index) => inspectSeries(one, facts[index] as SeriesFacts, pairing));
  const foreign = compareForeignFactors(study, series, facts, pairing);
  const header = study.instances[0]?.dataset;
  return {
    studyInstanceUid: study.studyInstanceUid,
    studyDate: header?.text('StudyDate') ?? null,
    description: header?.text('StudyDescription') ?? '',
    patientHash: header === undefined ? '' : patientHash(header),
    series: inspected,
    pairing: {
      pet: pairing.pet?.series.seriesInstanceUid ?? null,
      ct: pairing.ct?.series.seriesInstanceUid ?? null,
      frameOfReferenceShared: pairing.frameOfReferenceShared,
    },
    foreignSuvFactors: foreign,
    findings: [
      ...studyFindings(study, pairing, chosenSuv(series, facts, pairing), foreign),
      ...inputChecks(chosenPair(pairing, facts, series)),
    ],
  };
}

/** PET and CT as `inputChecks` takes them. */
export function chosenPair(
  pairing: Pairing,
  facts: readonly SeriesFacts[],
  series: readonly Series[],
): CheckedPair {
  return {
    pet: checkedSeries(pairing.pet?.series, facts, series),
    ct: checkedSeries(pairing.ct?.series, facts, series),
  };
}

/** Our SUV of the chosen PET; null without one. */
function chosenSuv(
  series: readonly Series[],
  facts: readonly SeriesFacts[],
  pairing: Pairing,
): SuvResult | null {
  const pet = series.find((_, index) => facts[index] === pairing.pet?.series);
  return pet === undefined ? null : suvFactors(petAcquisition(pet));
}

/** Real World Value Mappings of the study against our own factors. */
export function compareForeignFactors(
  study: Pick<CollectedStudy, 'instances'>,
  series: readonly Series[],
  facts: readonly SeriesFacts[],
  pairing: Pairing,
): ForeignSuvFactor[] {
  const quantified = series.flatMap((one, index) =>
    facts[index]?.pet == null
      ? []
      : [{ facts: facts[index], suv: suvFactors(petAcquisition(one)), slopes: slopesOf(one) }],
  );
  const chosen = quantified.find((one) => one.facts === pairing.pet?.series) ?? null;
  return foreignSuvFactors(study.instances, quantified, chosen);
}

function slopesOf(series: Series): ReadonlyMap<string, number> {
  return new Map(series.slices.map((slice) => [slice.instance.sopInstanceUid, slice.rescaleSlope]));
}

/** What keeps the study from being processed as PET/CT, or deserves a look. */
export function studyFindings(
  study: Pick<CollectedStudy, 'patientHashes'>,
  pairing: Pairing,
  suv: SuvResult | null,
  foreign: readonly ForeignSuvFactor[],
): Finding[] {
  const findings: Finding[] = [];
  if (study.patientHashes.length > 1) {
    findings.push({
      code: 'INPUT_MIXED_PATIENTS',
      severity: 'error',
      message: `files of ${study.patientHashes.length} patients carry the same Study Instance UID`,
      remedy: 'separate the patients at the source; such a study is not processed',
    });
  }
  if (pairing.pet === null) {
    findings.push({
      code: 'PAIRING_NO_PET',
      severity: 'error',
      message: 'no attenuation-corrected PET volume in the study',
      remedy: 'send the corrected PET series; the reason for each series is listed with it',
    });
  }
  if (pairing.ct === null) {
    findings.push({
      code: 'PAIRING_NO_CT',
      severity: pairing.pet === null ? 'error' : 'warning',
      message: 'no axial CT volume that covers the PET',
      remedy: 'send the CT of the examination; without it there is no anatomy and no alignment score',
    });
  }
  if (pairing.pet !== null && pairing.ct !== null && !pairing.frameOfReferenceShared) {
    findings.push({
      code: 'PAIRING_FRAMES_DIFFER',
      severity: 'warning',
      message: 'PET and CT have different frames of reference: nothing is fused without a registration',
    });
  }
  if (suv?.status === 'refused') {
    findings.push({
      code: suv.code,
      severity: 'error',
      message: `SUV is not computable: ${suv.reason}`,
      remedy: suv.remedy,
    });
  }
  for (const warning of suv?.warnings ?? [])
    findings.push({ code: 'SUV_NOTE', severity: 'warning', message: warning });
  findings.push(...foreignFindings(foreign));
  return findings;
}

/** One finding for each Real World Value Mapping that states other factors than ours. */
function foreignFindings(foreign: readonly ForeignSuvFactor[]): Finding[] {
  const differing = foreign.filter(({ status }) => status === 'differs');
  return [...new Set(differing.map(({ sopInstanceUid }) => sopInstanceUid))].map((uid) => {
    const factors = differing.filter(({ sopInstanceUid }) => sopInstanceUid === uid);
    const agreed = foreign.filter(
      ({ sopInstanceUid, status }) => sopInstanceUid === uid && status === 'agrees',
    );
    const kinds = agreed.length === 0 ? '' : ` (SUV ${agreed.map(({ kind }) => kind).join(', ')} agree)`;
    const first = factors[0];
    return {
      code: 'SUV_FOREIGN_FACTOR_DIFFERS',
      severity: 'warning',
      message: `Real World Value Mapping ${uid} by ${first?.writer}, SUV ${factors.map(({ kind }) => kind).join(', ')}: ${first?.message}${kinds}`,
      remedy: 'our own factor is used; clarify with the writer of the mapping',
    };
  });
}

function inspectSeries(series: Series, facts: SeriesFacts, pairing: Pairing): InspectedSeries {
  const chosen = [pairing.pet, pairing.ct].find((choice) => choice?.series === facts) ?? null;
  const rejected = pairing.rejected.find((choice) => choice.series === facts);
  const planned = series.kind === 'volume' ? planSeriesGrid(series) : null;
  return {
    seriesInstanceUid: facts.seriesInstanceUid,
    seriesNumber: facts.seriesNumber,
    modality: facts.modality,
    description: facts.description,
    instanceCount: facts.instanceCount,
    imageType: [...facts.imageType],
    frameOfReferenceUid: facts.frameOfReferenceUid,
    geometry:
      planned?.grid === undefined
        ? null
        : {
            size: [...planned.grid.size],
            spacingMm: [...planned.grid.spacingMm],
            origin: [...planned.grid.origin],
            direction: [...planned.grid.direction],
          },
    notAVolume: 'reason' in facts.volume ? facts.volume.reason : (planned?.refusal?.message ?? null),
    role: chosen === null ? 'not-used' : chosen === pairing.pet ? 'pet' : 'ct',
    reason: chosen?.reason ?? rejected?.reason ?? '',
    suv: facts.pet === null ? null : suvOf(suvFactors(petAcquisition(series))),
    findings: (planned?.findings ?? []).map(toFinding),
  };
}

export function toFinding(finding: DicomFinding): Finding {
  return { code: finding.code, severity: 'warning', message: finding.message };
}

function suvOf(result: SuvResult): InspectedSeries['suv'] {
  if (result.status === 'refused') {
    const { status, code, reason, remedy, derivation, warnings } = result;
    return { status, code, reason, remedy, derivation: [...derivation], warnings: [...warnings] };
  }
  const { factors } = result;
  return {
    status: 'ok',
    bw: factors.bw ?? Number.NaN,
    lbm: factors.lbm ?? null,
    lbmJames120: factors.lbmJames120 ?? null,
    lbmJanmahasatian: factors.lbmJanmahasatian ?? null,
    bsa: factors.bsa ?? null,
    ibw: factors.ibw ?? null,
    refusedKinds: { ...result.refusedKinds },
    perSlice: result.perSlice,
    units: result.units,
    decayCorrection: result.decayCorrection,
    patientWeightKg: result.patientWeightKg,
    injectedActivityBq: result.injectedActivityBq,
    uptakeMinutes: result.uptakeMinutes,
    confident: result.confident,
    derivation: [...result.derivation],
    warnings: [...result.warnings],
  };
}
