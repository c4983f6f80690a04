export { corpusOf, runCampaign } from './campaign.ts';
export { writeSeeds } from './seeds.ts';
export { type FuzzTarget, seeded } from './target.ts';

import { hl7Target } from './hl7.ts';
import { jsonTarget } from './json.ts';
import { multipartTarget } from './multipart.ts';
import { part10Target } from './part10.ts';
import type { FuzzTarget } from './target.ts';
import { yamlTarget } from './yaml.ts';

export const TARGETS: readonly FuzzTarget[] = [
  part10Target,
  hl7Target,
  multipartTarget,
  yamlTarget,
  jsonTarget,
];
