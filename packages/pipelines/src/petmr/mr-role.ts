/** What an MR series shows. */
export type MrRole =
  | 'inPhase'
  | 'opposedPhase'
  | 'water'
  | 'fat'
  | 't1'
  | 't2'
  | 'adc'
  | 'diffusion'
  | 'attenuation map'
  | 'other';

/** Of one MR series, from its headers. */
export interface MrHeader {
  readonly imageType: readonly string[];
  readonly description: string;
  readonly sequenceName: string;
  readonly scanningSequence: readonly string[];
  readonly echoMs: number | null;
  readonly repetitionMs: number | null;
}

/** Between words of a description stand anything but letters and digits. */
const word = (words: string) => new RegExp(`(^|[^a-z0-9])(${words})([^a-z0-9]|$)`, 'i');

/** Terms of Image Type, which scanners set by themselves and people do not change. */
const BY_TYPE: readonly (readonly [MrRole, readonly string[]])[] = [
  ['adc', ['ADC', 'ADC_UNSPECIFIED']],
  ['inPhase', ['IN_PHASE', 'IP', 'INPHASE']],
  ['opposedPhase', ['OPP_PHASE', 'OUT_PHASE', 'OP', 'OPPOSED_PHASE', 'OUTPHASE']],
  ['water', ['WATER', 'W']],
  ['fat', ['FAT', 'F']],
  ['diffusion', ['DIFFUSION', 'TRACEW']],
];

const BY_NAME: readonly (readonly [MrRole, RegExp])[] = [
  ['adc', word('adc|d?adc|apparent')],
  ['inPhase', word('in|inphase|in phase|ip')],
  ['opposedPhase', word('opp|op|out|outphase|opposed')],
  ['water', word('w|water')],
  ['fat', word('f|fat')],
];
const ATTENUATION = /u[-_ ]?map|mu[-_ ]?map|mrac|attenuation/i;
/** Descriptions of Dixon images end in a letter that means nothing elsewhere. */
const DIXON = /dixon|vibe|lava|flex|mdixon|ideal/i;
const SHORT_ECHO_MS = 30;
const LONG_ECHO_MS = 60;
const SHORT_REPETITION_MS = 900;

/**
 * What an MR series shows: by Image Type, by its name, then by echo and repetition time. An attenuation map is recognised
 * first: it looks like an image and is none, but what the scanner made of one.
 */
export function mrRole(header: MrHeader): MrRole {
  const { imageType, description, sequenceName, scanningSequence, echoMs, repetitionMs } = header;
  const types = imageType.slice(2).map((value) => value.toUpperCase());
  const isMap = ATTENUATION.test(description) && !/dixon_(in|opp|w|f)$/i.test(description);
  if (isMap || types.includes('UMAP') || types.includes('MRAC')) return 'attenuation map';
  const byType = BY_TYPE.find(([, terms]) => terms.some((term) => types.includes(term)));
  if (byType !== undefined) return byType[0];
  if (BY_NAME[0]![1].test(description)) return 'adc';
  if (DIXON.test(description)) {
    const byName = BY_NAME.slice(1).find(([, pattern]) => pattern.test(description));
    if (byName !== undefined) return byName[0];
  }
  if (word('dwi|diff|trace|tracew').test(description) || /ep_b\d|ep2d_diff/i.test(sequenceName + description))
    return 'diffusion';
  return byContrast({ description, scanningSequence, echoMs, repetitionMs });
}

function byContrast({
  description,
  scanningSequence,
  echoMs,
  repetitionMs,
}: Pick<MrHeader, 'description' | 'scanningSequence' | 'echoMs' | 'repetitionMs'>): MrRole {
  if (word('t2w?|haste|stir|tirm|t2_.*').test(description)) return 't2';
  if (word('t1w?|t1_.*|vibe|lava|thrive|mprage|flash').test(description)) return 't1';
  if (echoMs === null || repetitionMs === null) return 'other';
  if (echoMs >= LONG_ECHO_MS && !scanningSequence.includes('EP')) return 't2';
  if (echoMs <= SHORT_ECHO_MS && repetitionMs <= SHORT_REPETITION_MS) return 't1';
  return 'other';
}

/** Shown to people. */
export const MR_ROLE_NAMES: Readonly<Record<MrRole, string>> = {
  inPhase: 'Dixon in-phase',
  opposedPhase: 'Dixon opposed-phase',
  water: 'Dixon water',
  fat: 'Dixon fat',
  t1: 'T1-weighted',
  t2: 'T2-weighted',
  adc: 'apparent diffusion coefficient',
  diffusion: 'diffusion-weighted',
  'attenuation map': 'attenuation map',
  other: 'other',
};

/** Which series shows the body, the best first. */
export const ANATOMICAL_ROLES: readonly MrRole[] = ['inPhase', 't1', 'water', 'opposedPhase', 't2'];
/** Which are measured in a lesion, in this order; signal but of ADC has no unit. */
export const MEASURED_ROLES: readonly MrRole[] = [
  'adc',
  't2',
  't1',
  'water',
  'fat',
  'inPhase',
  'opposedPhase',
  'diffusion',
];
