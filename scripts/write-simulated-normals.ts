// Writes packages/analysis/src/cardiac/simulated-normals.json: normal limits from phantoms, for trying only.
// Takes about ten minutes. Seeds 100000 and up are used for nothing else.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  buildNormalLimits,
  encodeNormals,
  mapVentricle,
  type NormalSet,
} from '../packages/analysis/src/index.ts';
import { cardiacPhantom } from '../packages/phantom/src/index.ts';

const STUDIES = 30;
const FIRST_SEED = 100_000;
const KINDS = [
  { modality: 'NM', attenuationCorrected: true },
  { modality: 'NM', attenuationCorrected: false },
  { modality: 'PT', attenuationCorrected: true },
] as const;

const sets: NormalSet[] = [];
let seed = FIRST_SEED;
for (const kind of KINDS) {
  for (const sex of ['M', 'F'] as const) {
    const maps = [];
    for (let n = 0; n < STUDIES; n++) {
      const { stress } = cardiacPhantom({ seed: seed++, sex, ...kind });
      maps.push((await mapVentricle(stress.summed)).map);
    }
    sets.push(encodeNormals({ ...kind, sex, state: 'any', tracer: '' }, buildNormalLimits(maps)));
    console.log(
      `${kind.modality} ${kind.attenuationCorrected ? 'corrected' : 'uncorrected'} ${sex}: ${STUDIES} studies`,
    );
  }
}
const file = fileURLToPath(
  new URL('../packages/analysis/src/cardiac/simulated-normals.json', import.meta.url),
);
writeFileSync(file, `${JSON.stringify(sets, null, 2)}\n`);
process.exit(0);
