import { type Assessment, fact, notAssessable, type Statement } from './assessment.ts';
import { atLeast } from './tolerance.ts';

/** PSMA expression: 0 below blood pool, 1 low, 2 intermediate, 3 high. */
export type PsmaScore = '0' | '1' | '2' | '3';

export interface PsmaReferences {
  /** Mean uptake, in the same SUV as the lesion. */
  readonly bloodPool: number | null;
  readonly liver: number | null;
  readonly spleen: number | null;
  readonly parotid: number | null;
}

export interface PsmaScoreOptions {
  /** Ligands that the liver excretes, such as PSMA-1007, are held against the spleen instead. Default false. */
  readonly liverExcreted?: boolean;
}

const SCORE_MEANING: Record<PsmaScore, string> = {
  0: 'no expression: below blood pool',
  1: 'low expression: not below blood pool, below liver',
  2: 'intermediate expression: not below liver, below parotid gland',
  3: 'high expression: not below parotid gland',
};

/**
 * miPSMA expression score of one lesion by its mean uptake (PROMISE, Eiber et al., J Nucl Med 2018;59:469; kept in
 * version 2, Seifert et al., Eur Urol 2023;83:405).
 */
export function psmaScore(
  suvMean: number,
  references: PsmaReferences,
  options: PsmaScoreOptions = {},
): Assessment<PsmaScore> {
  const criteria = 'PROMISE miPSMA score';
  const organ = options.liverExcreted === true ? 'spleen' : 'liver';
  const { bloodPool, parotid } = references;
  const middle = references[organ];
  const reasons = [
    ...(bloodPool === null ? ['the uptake of the blood pool is not known'] : []),
    ...(middle === null ? [`the uptake of the ${organ} is not known`] : []),
    ...(parotid === null ? ['the uptake of the parotid gland is not known'] : []),
  ];
  const known = [bloodPool, middle, parotid].filter((value) => value !== null);
  // A score can be certain with a reference missing: below blood pool is 0 whatever the others are.
  if (bloodPool !== null && !atLeast(suvMean, bloodPool)) return done('0');
  if (bloodPool === null || middle === null) return notAssessable(criteria, reasons);
  if (!atLeast(suvMean, middle)) return done('1');
  if (parotid === null) return notAssessable(criteria, reasons);
  if (known.some((value, index) => index > 0 && value < (known[index - 1] ?? 0))) {
    return notAssessable(criteria, [
      `the references are out of order: blood pool ${bloodPool.toFixed(2)}, ${organ} ${middle.toFixed(2)}, parotid gland ${parotid.toFixed(2)}`,
    ]);
  }
  return done(atLeast(suvMean, parotid) ? '3' : '2');

  function done(category: PsmaScore): Assessment<PsmaScore> {
    const text = (value: number | null) => value?.toFixed(2) ?? 'not known';
    return {
      status: 'assessed',
      criteria,
      category,
      meaning: SCORE_MEANING[category].replace('liver', organ),
      statements: [
        fact(
          `SUVmean ${suvMean.toFixed(2)} against blood pool ${text(bloodPool)}, ${organ} ${text(middle)}, parotid gland ${text(parotid)}`,
          { suvMean },
        ),
      ],
      cautions: [],
    };
  }
}

/** Where a PSMA-positive lesion is, as far as miTNM needs it. */
export type PsmaSite =
  | {
      readonly kind: 'prostate';
      /** Absent: a reader has not said; then miT cannot be told beyond "present". */
      readonly extent?: 'organ-confined' | 'extracapsular' | 'seminal-vesicle' | 'adjacent-structure';
    }
  | { readonly kind: 'local-recurrence' }
  | { readonly kind: 'pelvic-node'; readonly region: string }
  | { readonly kind: 'extrapelvic-node' }
  | { readonly kind: 'bone' }
  | { readonly kind: 'other-organ'; readonly organ: string };

export interface MiTnmInput {
  readonly lesions: readonly { readonly id: string; readonly site: PsmaSite | null }[];
  /** Diffuse marrow involvement, as a reader sees it. */
  readonly diffuseMarrow?: boolean;
}

export interface MiTnm {
  /** `miT0`, `miT2`, `miT3a`, `miT3b`, `miT4`, `miTr`; null where it cannot be derived. */
  readonly t: string | null;
  readonly n: string | null;
  readonly m: string | null;
  readonly reasons: readonly string[];
  readonly statements: readonly Statement[];
}

export interface MiTnmOptions {
  /** Version 1 writes miN1a and miN1b where version 2 writes miN1 and miN2. Default 2. */
  readonly version?: 1 | 2;
}

const EXTENTS = ['organ-confined', 'extracapsular', 'seminal-vesicle', 'adjacent-structure'] as const;
const T_OF_EXTENT = {
  'organ-confined': 'miT2',
  extracapsular: 'miT3a',
  'seminal-vesicle': 'miT3b',
  'adjacent-structure': 'miT4',
} as const;
/** Up to so many bone lesions are oligometastatic. */
const OLIGO = 3;

/** miTNM of PROMISE, as far as the sites of the lesions tell it. */
export function miTnm(input: MiTnmInput, options: MiTnmOptions = {}): MiTnm {
  const { lesions, diffuseMarrow = false } = input;
  const statements: Statement[] = [];
  const reasons: string[] = [];
  const unknown = lesions.filter(({ site }) => site === null).map(({ id }) => id);
  if (unknown.length > 0) reasons.push(`the site of ${unknown.join(', ')} is not known`);
  const sites = lesions.flatMap(({ site }) => (site === null ? [] : [site]));
  const of = <K extends PsmaSite['kind']>(kind: K) =>
    sites.filter((site): site is Extract<PsmaSite, { kind: K }> => site.kind === kind);
  // A lesion of unknown site could raise each of the three; what is there stays, what is absent becomes unknown.
  const orUnknown = (value: string, isAbsent: boolean): string | null =>
    isAbsent && unknown.length > 0 ? null : value;

  const regions = new Set(of('pelvic-node').map(({ region }) => region));
  const names = (options.version ?? 2) === 1 ? ['miN1a', 'miN1b'] : ['miN1', 'miN2'];
  const n = regions.size === 0 ? 'miN0' : (names[regions.size === 1 ? 0 : 1] as string);
  statements.push(fact(`${regions.size} pelvic node region(s)`, { regions: regions.size }));

  const [bones, extra, organs] = [of('bone'), of('extrapelvic-node'), of('other-organ')];
  const pattern = diffuseMarrow
    ? 'dmi'
    : bones.length === 1
      ? 'uni'
      : bones.length <= OLIGO
        ? 'oligo'
        : 'diss';
  const parts = [
    ...(extra.length > 0 ? ['miM1a'] : []),
    ...(bones.length > 0 || diffuseMarrow ? [`miM1b (${pattern})`] : []),
    ...(organs.length > 0 ? [`miM1c (${[...new Set(organs.map(({ organ }) => organ))].join(', ')})`] : []),
  ];
  statements.push(
    fact(
      `${extra.length} extrapelvic node(s), ${bones.length} bone lesion(s), ${organs.length} lesion(s) of other organs`,
      { extrapelvicNodes: extra.length, bones: bones.length, otherOrgans: organs.length },
    ),
  );
  return {
    t: localTumour(of('prostate'), of('local-recurrence').length > 0, orUnknown, reasons),
    n: orUnknown(n, regions.size === 0),
    m: orUnknown(parts.length === 0 ? 'miM0' : parts.join(', '), parts.length === 0),
    reasons,
    statements,
  };
}

function localTumour(
  prostate: readonly Extract<PsmaSite, { kind: 'prostate' }>[],
  isRecurrence: boolean,
  orUnknown: (value: string, isAbsent: boolean) => string | null,
  reasons: string[],
): string | null {
  if (isRecurrence) return 'miTr';
  if (prostate.length === 0) return orUnknown('miT0', true);
  if (prostate.some(({ extent }) => extent === undefined)) {
    reasons.push('the extent of the local tumour is for a reader to say');
    return null;
  }
  const worst = Math.max(...prostate.map(({ extent = 'organ-confined' }) => EXTENTS.indexOf(extent)));
  return T_OF_EXTENT[EXTENTS[worst] as (typeof EXTENTS)[number]];
}
