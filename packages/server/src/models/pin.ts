import { readFileHeader } from '@photopeak/dicom';
import type { PinnedModel, StudyInput } from '@photopeak/pipelines';
import type { Database } from '../database/index.ts';
import { absentAs } from './absent.ts';
import { type ResolvedModel, resolveModel } from './placements.ts';
import { requireModel } from './registry.ts';

/**
 * The versions of the models that a run may use, settled before it is decided: for each of its series the one that the
 * placements say; a version that is named is taken as it is, in the phase that it has there, else research. A model that
 * serves none of the series has no entry.
 */
export async function pinModels(
  db: Database,
  names: readonly string[],
  study: StudyInput,
): Promise<PinnedModel[]> {
  const pinned: PinnedModel[] = [];
  if (names.length === 0) return pinned;
  for (const scope of scopesOf(study)) {
    for (const name of names) {
      const one = await pin(db, name, { ...scope, studyInstanceUid: study.studyInstanceUid });
      if (one !== undefined) pinned.push(one);
    }
  }
  return pinned;
}

interface Scope {
  readonly modality: string;
  readonly protocol: string;
}

async function pin(
  db: Database,
  name: string,
  study: Scope & { readonly studyInstanceUid: string },
): Promise<PinnedModel | undefined> {
  const [id = '', version] = name.split('@');
  const placed = await absentAs('MODEL_NOT_PLACED', resolveModel(db, id, study));
  const wanted = version ?? placed?.version;
  if (wanted === undefined) return undefined;
  const model = await absentAs('MODEL_UNKNOWN', requireModel(db, id, wanted));
  if (model === undefined) return undefined;
  const { manifest, digest } = model;
  const { modality, protocol } = study;
  return {
    id,
    version: wanted,
    digest,
    phase: phaseOf(placed, wanted),
    task: manifest.task,
    modalities: manifest.modality,
    modality,
    protocol,
  };
}

const phaseOf = (placed: ResolvedModel | undefined, version: string): PinnedModel['phase'] =>
  placed?.version === version ? placed.phase : 'research';

/** Modality and Protocol Name of the series, each pair once. */
function scopesOf({ instances }: StudyInput): Scope[] {
  const firsts = new Map(instances.map((instance) => [instance.seriesInstanceUid, instance]));
  const scopes = new Map<string, Scope>();
  for (const { path, modality } of firsts.values()) {
    const protocol = readFileHeader(path).dataset.text('ProtocolName') ?? '';
    scopes.set(`${modality}\n${protocol}`, { modality, protocol });
  }
  return [...scopes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, scope]) => scope);
}
