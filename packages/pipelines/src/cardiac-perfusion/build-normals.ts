import {
  buildNormalLimits,
  encodeNormals,
  FEWEST_NORMALS,
  type NormalKind,
  type NormalSet,
  type PolarMap,
} from '@photopeak/analysis';
import { groupSeries } from '@photopeak/dicom';
import { PhotopeakError } from '@photopeak/imaging';
import { type CollectedStudy, isOwnResult, studyInput } from '../study/index.ts';
import { chooseTomograms } from './choose-tomograms.ts';
import { mapTomogram } from './map-states.ts';
import { NORMALS_SCHEMA, type NormalsFile } from './normals-file.ts';
import { tomogramFacts } from './tomogram-facts.ts';

export interface NormalsInput {
  /** Name of the site and the population, as it will stand in every report. */
  readonly name: string;
  readonly studies: readonly CollectedStudy[];
  /** Hears what was mapped, and what could not be used and why. */
  readonly say: (text: string) => void;
}

interface Group {
  readonly kind: NormalKind;
  readonly maps: PolarMap[];
}

/**
 * Normal limits from studies of people with a low likelihood of coronary disease: every state, with and without
 * attenuation correction, by sex and tracer. Kinds with fewer than five maps are left out.
 * Throws `CARDIAC_NORMALS_TOO_FEW` where nothing is left.
 */
export async function buildNormals({ name, studies, say }: NormalsInput): Promise<NormalsFile> {
  const groups = new Map<string, Group>();
  for (const study of studies) {
    for (const { kind, map } of await mapsOf(study, say)) {
      const key = Object.values(kind).join('\n');
      const group = groups.get(key) ?? { kind, maps: [] };
      group.maps.push(map);
      groups.set(key, group);
    }
  }
  const sets: NormalSet[] = [];
  for (const [, { kind, maps }] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const described = `${kind.modality} ${kind.state} ${kind.attenuationCorrected ? 'corrected' : 'uncorrected'} ${kind.sex} ${kind.tracer}`;
    if (maps.length < FEWEST_NORMALS) {
      say(`left out: ${described}: ${maps.length} studies, at least ${FEWEST_NORMALS} are needed`);
      continue;
    }
    sets.push(encodeNormals(kind, buildNormalLimits(maps)));
    say(`${described}: ${maps.length} studies`);
  }
  if (sets.length === 0) {
    throw new PhotopeakError('no kind of study is there often enough for normal limits', {
      code: 'CARDIAC_NORMALS_TOO_FEW',
      expected: `at least ${FEWEST_NORMALS} studies of one sex, state and tracer; 20 to 40 are usual`,
      found:
        [...groups.values()].map(({ maps }) => maps.length).join(', ') || 'no study that could be mapped',
      remedy: 'add studies of people with a low likelihood of coronary disease',
    });
  }
  return { schema: NORMALS_SCHEMA, name, sets };
}

async function mapsOf(
  collected: CollectedStudy,
  say: (text: string) => void,
): Promise<{ readonly kind: NormalKind; readonly map: PolarMap }[]> {
  const instances = collected.instances.filter(({ dataset }) => !isOwnResult(dataset));
  const sex = instances[0]?.dataset.text('PatientSex');
  if (sex !== 'M' && sex !== 'F') {
    say(`not used: ${collected.studyInstanceUid}: the sex is not stated`);
    return [];
  }
  const facts = tomogramFacts(groupSeries(instances));
  const study = await studyInput({ ...collected, instances });
  const chosen = (['corrected', 'uncorrected'] as const)
    .flatMap((wanted) => chooseTomograms(facts, wanted).states)
    .filter((one, index, all) => all.findIndex(({ perfusion }) => perfusion === one.perfusion) === index);
  const maps = [];
  for (const { state, perfusion } of chosen) {
    if (state === null) {
      say(`not used: ${perfusion.seriesInstanceUid}: does not say whether it is stress or rest`);
      continue;
    }
    try {
      const { mapped } = await mapTomogram(study, perfusion);
      const kind: NormalKind = {
        modality: perfusion.modality === 'PT' ? 'PT' : 'NM',
        attenuationCorrected: perfusion.attenuationCorrected,
        sex,
        state,
        tracer: perfusion.tracer,
      };
      maps.push({ kind, map: mapped.map });
    } catch (error) {
      if (!(error instanceof PhotopeakError)) throw error;
      say(`not used: ${perfusion.seriesInstanceUid}: ${error.code}: ${error.message}`);
    }
  }
  return maps;
}
