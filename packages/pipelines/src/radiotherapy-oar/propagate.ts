import {
  carriedContours,
  contouredMl,
  type Deformation,
  type RigidResult,
  registerDeformable,
  registerRigid,
} from '@photopeak/analysis';
import {
  groupSeries,
  loadSeriesVolume,
  type Series,
  type StructureRoi,
  type StructureSet,
  structureOfName,
} from '@photopeak/dicom';
import { type Mat4, PhotopeakError, type Volume } from '@photopeak/imaging';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import { readInstances } from '../study/index.ts';
import type { RadiotherapyParameters } from './parameters.ts';
import type { PlannedStructure } from './structure.ts';
import { structureSetsOf } from './structure-sets.ts';

export interface PropagateInput {
  readonly study: StudyInput;
  readonly ct: Volume;
  readonly frameOfReferenceUid: string | null;
  readonly parameters: RadiotherapyParameters;
}

export interface PriorRegistration {
  readonly label: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly used: boolean;
  readonly reason: string;
  /** LPS mm, prior CT to planning CT; null where there is none. */
  readonly matrix: Mat4 | null;
  readonly uncertaintyMm: number | null;
  /** A deformation beyond the matrix was used, as it was found better. */
  readonly deformed: boolean;
  readonly structures: number;
}

export interface Propagated {
  readonly structures: readonly PlannedStructure[];
  readonly registrations: readonly PriorRegistration[];
  readonly findings: readonly Finding[];
}

/** A rigid result that a second start does not confirm to this is not used, as for PET and CT. */
const TRUSTED_MM = 4;
/** What is carried over is never surer than this: a rigid movement cannot follow what bends and breathes. */
const MOST_CONFIDENCE = { rigid: 0.6, deformed: 0.75 } as const;

interface Prior {
  readonly set: StructureSet;
  readonly study: StudyInput;
}

/**
 * Structures of a plan from before, carried to the planning CT by a registration of the two CTs: rigid, and
 * deformed where that is better. Sets of the
 * planning CT's own frame of reference are no priors: they lie on it already.
 */
export const propagateStructures: Step<PropagateInput, Propagated> = {
  name: 'propagate',
  version: '1',
  resource: 'cpu',
  run: async ({ study, ct, frameOfReferenceUid, parameters }, { progress, signal }) => {
    const findings: Finding[] = [];
    const priors: Prior[] = [study, ...(study.priors ?? [])].flatMap((from) =>
      structureSetsOf(from, findings)
        .filter(
          (set) => frameOfReferenceUid === null || !set.frameOfReferenceUids.includes(frameOfReferenceUid),
        )
        .map((set) => ({ set, study: from })),
    );
    const structures: PlannedStructure[] = [];
    const registrations: PriorRegistration[] = [];
    for (const [index, prior] of priors.entries()) {
      signal.throwIfAborted();
      const outcome = await carry(prior, ct, parameters);
      registrations.push(outcome.registration);
      structures.push(...outcome.structures);
      if (!outcome.registration.used) {
        findings.push({
          code: 'RT_PRIOR_NOT_CARRIED',
          severity: 'warning',
          message: `the structures of ${prior.set.label || 'a plan from before'} were not carried over: ${outcome.registration.reason}`,
          remedy: 'send the CT that they were drawn on, or carry them over by hand',
        });
      }
      progress((index + 1) / priors.length, prior.set.label);
    }
    return { structures, registrations, findings };
  },
};

async function carry(
  { set, study }: Prior,
  ct: Volume,
  parameters: RadiotherapyParameters,
): Promise<{ readonly structures: readonly PlannedStructure[]; readonly registration: PriorRegistration }> {
  const base = {
    label: set.label,
    studyInstanceUid: study.studyInstanceUid,
    seriesInstanceUid: set.seriesInstanceUids[0] ?? '',
    structures: 0,
    matrix: null,
    uncertaintyMm: null,
    deformed: false,
  };
  const none = (reason: string) => ({ structures: [], registration: { ...base, used: false, reason } });
  const series = planningSeries(study, set);
  if (series === undefined) return none('its planning CT is not there');
  try {
    const { volume: before } = await loadSeriesVolume(series, { gaps: 'interpolate' });
    const found = await registerRigid(ct, before, { initial: 'search' });
    const uncertaintyMm = found.uncertaintyMm ?? null;
    if (uncertaintyMm === null || uncertaintyMm > TRUSTED_MM) {
      const reason = `a second start of the registration does not confirm the first (${uncertaintyMm?.toFixed(1) ?? '-'} mm)`;
      return {
        structures: [],
        registration: { ...base, used: false, reason, uncertaintyMm, matrix: found.matrix },
      };
    }
    const way: Way = { ...(await wayOf(ct, before, found, parameters)), uncertaintyMm };
    const structures: PlannedStructure[] = [];
    for (const roi of set.rois) {
      if (roi.contours.length > 0) structures.push(await carried(roi, before, ct, way, parameters));
    }
    return {
      structures,
      registration: {
        ...base,
        used: true,
        reason: `registered rigidly, confirmed to ${uncertaintyMm.toFixed(1)} mm. ${way.reason}`,
        matrix: found.matrix,
        uncertaintyMm,
        deformed: way.isDeformed,
        structures: structures.length,
      },
    };
  } catch (error) {
    if (!(error instanceof PhotopeakError)) throw error;
    return none(error.message);
  }
}

/** How structures come from the CT of before to the planning CT. */
interface Way {
  readonly deformation: Deformation;
  readonly isDeformed: boolean;
  readonly reason: string;
  readonly uncertaintyMm: number;
}

/** The confirmed rigid registration, deformed where that is better at parts of the images that took no part in it. */
async function wayOf(
  ct: Volume,
  before: Volume,
  rigid: RigidResult,
  { deformable }: RadiotherapyParameters,
): Promise<Omit<Way, 'uncertaintyMm'>> {
  if (!deformable) {
    return { deformation: { pull: rigid.pull }, isDeformed: false, reason: 'No deformation was asked for.' };
  }
  const found = await registerDeformable(ct, before, {
    kind: 'ct-ct',
    initial: rigid.matrix,
    keepInitial: true,
  });
  return {
    deformation: found.deformation,
    isDeformed: found.used === 'deformable',
    reason: found.reason,
  };
}

/** The CT that a structure set was drawn on. */
function planningSeries(study: StudyInput, set: StructureSet): Series | undefined {
  const wanted = new Set(set.seriesInstanceUids);
  const instances = study.instances.filter(
    ({ seriesInstanceUid, modality }) =>
      modality === 'CT' && (wanted.size === 0 || wanted.has(seriesInstanceUid)),
  );
  const volumes = groupSeries(readInstances({ ...study, instances })).filter(({ kind }) => kind === 'volume');
  return (
    volumes.find(({ seriesInstanceUid }) => wanted.has(seriesInstanceUid)) ??
    volumes.find(({ frameOfReferenceUid }) => set.frameOfReferenceUids.includes(frameOfReferenceUid ?? ''))
  );
}

const INTERPRETED: readonly string[] = ['EXTERNAL', 'ORGAN', 'AVOIDANCE', 'GTV', 'CTV', 'PTV', 'SUPPORT'];
/** Marks the names of structures from before, as TG-263 has custom qualifiers. */
const MARK = '^prior';
const NAME_LIMIT = 16;

async function carried(
  roi: StructureRoi,
  before: Volume,
  ct: Volume,
  { deformation, isDeformed, uncertaintyMm }: Way,
  { tolerance, holes }: RadiotherapyParameters,
): Promise<PlannedStructure> {
  const contours = await carriedContours(roi.contours, before, ct, deformation, {
    toleranceVoxels: tolerance,
    holes: holes === 'xor' ? 'separate' : 'keyhole',
  });
  const toCheck = [
    isDeformed
      ? 'the whole outline: it was carried over by a deformation, which may be wrong where tissue is gone or new, or slides'
      : `the whole outline: it was carried over rigidly (confirmed to ${uncertaintyMm.toFixed(1)} mm), which cannot follow what bends, fills or breathes`,
  ];
  if (contours.length === 0) toCheck.push('it has no contour: it lies beside the planning CT');
  const named = structureOfName(roi.name);
  return {
    name: roi.name.slice(0, NAME_LIMIT - MARK.length) + MARK,
    origin: 'prior',
    description: `${roi.name}, from before`,
    type: roi.code ?? named?.type ?? null,
    laterality: named?.laterality ?? null,
    interpretedType: (INTERPRETED.includes(roi.interpretedType ?? '')
      ? roi.interpretedType
      : '') as PlannedStructure['interpretedType'],
    colour: roi.colour ?? null,
    contours,
    volumeMl: contouredMl(contours, ct),
    confidence: Math.max(0.1, MOST_CONFIDENCE[isDeformed ? 'deformed' : 'rigid'] - 0.1 * uncertaintyMm),
    toCheck,
  };
}
