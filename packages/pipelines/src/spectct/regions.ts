import {
  type CtStructureName,
  contoursToMask,
  type Deformation,
  deformLabels,
  type Focus,
  findFoci,
  ORGAN_LABELS,
  type OrganAnatomy,
  SPECT_PRESETS,
  type SpectTracer,
} from '@photopeak/analysis';
import { type Code, readFilePart10, readStructureSet, UID } from '@photopeak/dicom';
import { type Mat4, PhotopeakError, resample, type Volume } from '@photopeak/imaging';
import { codedStructure } from '../anatomy/index.ts';
import type { Finding, Step, StudyInput } from '../pipeline.ts';
import type { SpectctParameters } from './parameters.ts';

export interface RegionsInput {
  readonly study: StudyInput;
  readonly spect: Volume;
  readonly frameOfReferenceUid: string | null;
  readonly organs: OrganAnatomy | null;
  /** SPECT to CT, LPS mm; null where they are not aligned. */
  readonly spectToCt: Mat4 | null;
  /** From the CT to the SPECT, where one is used beyond the matrix. */
  readonly deformation?: Deformation;
  readonly tracer: SpectTracer;
  readonly parameters: SpectctParameters;
}

/** Voxels of the SPECT that are measured together. */
export interface SpectRegion {
  readonly id: string;
  readonly label: string;
  readonly kind: 'focus' | 'physiological' | 'organ' | 'structure';
  readonly site: Code | null;
  readonly laterality: Code | null;
  readonly reason: string;
  /** Ascending linear indices of the SPECT. */
  readonly voxels: Uint32Array;
}

export interface FoundRegions {
  readonly regions: readonly SpectRegion[];
  /** In the unit of the image; null where no foci were sought. */
  readonly threshold: number | null;
  /** Uptake of the reference structure; null without one. */
  readonly reference: number | null;
  readonly method: string;
  readonly findings: readonly Finding[];
}

/** Organs that are measured as a whole; bone is measured by its vertebrae. */
const ORGANS: readonly CtStructureName[] = [
  'liver',
  'spleen',
  'kidneyRight',
  'kidneyLeft',
  'bladder',
  'stomach',
  'heart',
  'brain',
  'lungRight',
  'lungLeft',
];
/** An organ of which the tomogram shows fewer voxels is not measured. */
const FEWEST_VOXELS = 8;

/** Foci, organs of the CT and structures that the study brings, as voxels of the SPECT. */
export const findRegions: Step<RegionsInput, FoundRegions> = {
  name: 'regions',
  version: '2',
  resource: 'cpu',
  run: async (input) => {
    const { spect, organs, spectToCt, deformation, tracer, parameters } = input;
    const findings: Finding[] = [];
    const structures = structureRegions(input, findings);
    if (organs === null || spectToCt === null) {
      findings.push({
        code: 'SPECT_FOCI_NOT_SOUGHT',
        severity: 'warning',
        message: `foci and organs were not sought: ${organs === null ? 'there is no CT anatomy' : 'SPECT and CT are not aligned'}`,
      });
      return { regions: structures, threshold: null, reference: null, method: 'not sought', findings };
    }
    // The organs as they lay during the SPECT, which stays as it was measured.
    const { labels } = await deformLabels(organs, deformation);
    const anatomy = (await resample(labels, {
      grid: spect,
      transform: spectToCt,
      interpolation: 'nearest',
      outside: 0,
    })) as Volume<Uint8Array>;
    const found = await findFoci(spect, anatomy, {
      preset: SPECT_PRESETS[tracer],
      share: parameters.outlineShare,
      smallestMl: parameters.minimumMl,
    });
    if (typeof found === 'string') {
      findings.push({
        code: 'SPECT_FOCI_NOT_SOUGHT',
        severity: 'warning',
        message: `foci were not sought: ${found}`,
      });
    }
    findings.push(...missingOrgans(organs, tracer));
    const foci = typeof found === 'string' ? [] : focusRegions(found.foci, found.labels);
    const taken = new Set(
      foci.filter(({ kind }) => kind === 'focus').flatMap(({ voxels }) => Array.from(voxels)),
    );
    return {
      regions: [...foci, ...organRegions(anatomy, organs, tracer, taken), ...structures],
      threshold: typeof found === 'string' ? null : found.threshold,
      reference: typeof found === 'string' ? null : found.reference,
      method:
        typeof found === 'string'
          ? 'not sought'
          : `${found.derivation} (${SPECT_PRESETS[tracer].title}), outlined at ${Math.round(100 * parameters.outlineShare)} % of each maximum`,
      findings,
    };
  },
};

/** Uptake of an organ that the CT did not show is told from foci by nobody. */
function missingOrgans({ structures }: OrganAnatomy, tracer: SpectTracer): Finding[] {
  const missing = SPECT_PRESETS[tracer].physiological.filter(
    (name) => !structures.some((structure) => structure.name === name && structure.present),
  );
  if (missing.length === 0) return [];
  const names = missing.map((name) => codedStructure(name).label.toLowerCase());
  return [
    {
      code: 'SPECT_ORGANS_NOT_FOUND',
      severity: 'warning',
      message: `not found on the CT: ${names.join(', ')}; usual uptake there is listed among the foci`,
      remedy: 'set it aside by hand, or bring the organs as a structure set',
    },
  ];
}

function focusRegions(foci: readonly Focus[], labels: Volume): SpectRegion[] {
  const voxels = voxelsByLabel(labels);
  const counts = { focus: 0, physiological: 0 };
  return foci.map(({ id, organ, reason, site }): SpectRegion => {
    const kind = organ === null ? 'focus' : 'physiological';
    counts[kind] += 1;
    const name = `${kind === 'focus' ? 'F' : 'P'}${counts[kind]}`;
    const coded = codedStructure(site);
    const place =
      organ === null || organ === 'outside the body'
        ? (organ ?? (site === 'body' ? 'soft tissue' : coded.label.toLowerCase()))
        : codedStructure(organ).label.toLowerCase();
    return {
      id: name,
      label: `${name} ${place}`,
      kind,
      site: site === 'body' ? null : coded.type,
      laterality: coded.side ?? null,
      reason,
      voxels: voxels.get(id) ?? new Uint32Array(0),
    };
  });
}

function voxelsByLabel({ data }: Volume): Map<number, Uint32Array> {
  const lists = new Map<number, number[]>();
  for (let n = 0; n < data.length; n++) {
    const label = data[n]!;
    if (label === 0) continue;
    const list = lists.get(label);
    if (list === undefined) lists.set(label, [n]);
    else list.push(n);
  }
  return new Map([...lists].map(([label, list]) => [label, Uint32Array.from(list)]));
}

/** Organs without the voxels of foci: what a focus takes up is not the organ's. */
function organRegions(
  anatomy: Volume<Uint8Array>,
  organs: OrganAnatomy,
  tracer: SpectTracer,
  taken: ReadonlySet<number>,
): SpectRegion[] {
  const voxels = voxelsByLabel(anatomy);
  const present = organs.structures.filter(({ present }) => present);
  const wanted = present.filter(
    ({ name }) => ORGANS.includes(name) || (tracer === 'bone' && name.startsWith('vertebra')),
  );
  return wanted
    .map(({ name, findings }) => ({
      name,
      findings,
      own: (voxels.get(ORGAN_LABELS[name]) ?? new Uint32Array(0)).filter((index) => !taken.has(index)),
    }))
    .filter(({ own }) => own.length >= FEWEST_VOXELS)
    .map(({ name, findings, own }, index): SpectRegion => {
      const { label, type, side } = codedStructure(name);
      return {
        id: `O${index + 1}`,
        label,
        kind: 'organ',
        site: type,
        laterality: side ?? null,
        reason: ['outlined on the CT, without foci', ...findings].join('; '),
        voxels: own,
      };
    });
}

/** Structures that somebody has drawn in the frame of reference of the SPECT. */
function structureRegions(
  { study, spect, frameOfReferenceUid }: RegionsInput,
  findings: Finding[],
): SpectRegion[] {
  const regions: SpectRegion[] = [];
  const sets = study.instances
    .filter(({ sopClassUid }) => sopClassUid === UID.RTStructureSetStorage)
    .toSorted((a, b) => (a.sopInstanceUid < b.sopInstanceUid ? -1 : 1));
  for (const { path, sopInstanceUid } of sets) {
    try {
      const set = readStructureSet(readFilePart10(path).dataset);
      const isHere = frameOfReferenceUid !== null && set.frameOfReferenceUids.includes(frameOfReferenceUid);
      if (!isHere) {
        findings.push({
          code: 'SPECT_STRUCTURES_ELSEWHERE',
          severity: 'info',
          message: `the structure set ${set.label} lies in another frame of reference than the SPECT and is not measured`,
        });
        continue;
      }
      for (const { name, contours } of set.rois) {
        if (contours.length === 0) continue;
        const voxels = indicesOf(contoursToMask(contours, spect).data);
        if (voxels.length === 0) continue;
        const id = `S${regions.length + 1}`;
        regions.push({
          id,
          label: `${id} ${name}`.slice(0, 64),
          kind: 'structure',
          site: null,
          laterality: null,
          reason: `structure ${name} of the set ${set.label}`,
          voxels,
        });
      }
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      findings.push({
        code: error.code,
        severity: 'warning',
        message: `the structure set ${sopInstanceUid} is not used: ${error.message}`,
      });
    }
  }
  return regions;
}

function indicesOf(data: ArrayLike<number>): Uint32Array {
  const list: number[] = [];
  for (let n = 0; n < data.length; n++) if (data[n] !== 0) list.push(n);
  return Uint32Array.from(list);
}
