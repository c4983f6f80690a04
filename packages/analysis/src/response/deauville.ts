import { type Assessment, condition, fact, notAssessable, type Statement } from './assessment.ts';
import { above, atMost } from './tolerance.ts';

/** The five-point scale; `X` is uptake that is unlikely to be related to lymphoma. */
export type DeauvilleScore = '1' | '2' | '3' | '4' | '5' | 'X';

/** Uptake of a normal organ, in the same SUV as the lesions. */
export interface ReferenceUptake {
  readonly mean: number;
  /** Highest voxel of the region; needed where the scale is read by maxima. */
  readonly max: number | null;
}

export interface DeauvilleSite {
  readonly id: string;
  /** At the scan that is scored: of a lesion, or of what is left where one was. */
  readonly suvMax: number;
  /** Not there at baseline. */
  readonly isNew: boolean;
  /** A reader holds it for something else than lymphoma. */
  readonly unlikelyLymphoma?: boolean;
  /** Mean uptake of the tissue around the site; without it score 1 is not given to a site. */
  readonly background?: number;
}

export interface DeauvilleInput {
  readonly sites: readonly DeauvilleSite[];
  readonly liver: ReferenceUptake | null;
  /** Mediastinal blood pool. */
  readonly bloodPool: ReferenceUptake | null;
}

export interface DeauvilleOptions {
  /**
   * What of liver and blood pool a lesion's maximum is held against. Default `max` (Barrington et al., J Clin Oncol
   * 2014;32:3048: the maximum in a large region of normal liver); some read by the mean.
   */
  readonly reference?: 'max' | 'mean';
  /** From how many times the liver uptake is markedly increased, score 5. Default 2; 3 is also used. */
  readonly markedly?: number;
}

export interface SiteScore {
  readonly id: string;
  readonly score: DeauvilleScore;
}

export type DeauvilleAssessment = Assessment<DeauvilleScore> & { readonly sites: readonly SiteScore[] };

const CRITERIA = 'Deauville five-point scale';
const MEANING: Record<DeauvilleScore, string> = {
  1: 'no uptake above background',
  2: 'uptake not above mediastinal blood pool',
  3: 'uptake above mediastinal blood pool, not above liver',
  4: 'uptake moderately above liver',
  5: 'uptake markedly above liver, or new lesions',
  X: 'only uptake that is unlikely to be related to lymphoma',
};

/**
 * Deauville score of a scan: that of its worst site (Meignan 2009; Barrington 2014). The scale was made for the eye;
 * where a score by numbers lies near a boundary the reader decides.
 */
export function deauville(input: DeauvilleInput, options: DeauvilleOptions = {}): DeauvilleAssessment {
  const { reference = 'max', markedly = 2 } = options;
  const { sites } = input;
  const statements: Statement[] = [];
  if (sites.length === 0) {
    statements.push(condition('no site of lymphoma takes up tracer', true));
    return finish('1', statements, [], []);
  }
  const liver = input.liver?.[reference] ?? null;
  const blood = input.bloodPool?.[reference] ?? null;
  const missing = [
    ...(liver === null ? [`the liver's ${reference} uptake is not known`] : []),
    ...(blood === null ? [`the mediastinal blood pool's ${reference} uptake is not known`] : []),
  ];
  if (liver === null || blood === null) return { ...notAssessable(CRITERIA, missing), sites: [] };
  statements.push(
    fact(
      `SUV${reference}: mediastinal blood pool ${blood.toFixed(2)}, liver ${liver.toFixed(2)}, ${markedly} × liver ${(markedly * liver).toFixed(2)}`,
      { bloodPool: blood, liver, markedly: markedly * liver },
    ),
  );
  const cautions: string[] = [];
  if (blood >= liver) cautions.push('the blood pool is not below the liver: look at both reference regions');
  const scored = sites.map((site): SiteScore => {
    const score = scoreOf(site, blood, liver, markedly);
    const why = site.unlikelyLymphoma ? ', unlikely to be lymphoma' : site.isNew ? ', new' : '';
    statements.push(
      fact(`${site.id}: SUVmax ${site.suvMax.toFixed(2)}${why}: score ${score}`, { suvMax: site.suvMax }),
    );
    return { id: site.id, score };
  });
  const counted = scored.filter(({ score }) => score !== 'X').map(({ score }) => Number(score));
  const worst = counted.length === 0 ? 'X' : (String(Math.max(...counted)) as DeauvilleScore);
  return finish(worst, statements, cautions, scored);
}

function scoreOf(site: DeauvilleSite, blood: number, liver: number, markedly: number): DeauvilleScore {
  if (site.unlikelyLymphoma === true) return 'X';
  if (site.isNew || above(site.suvMax, markedly * liver)) return '5';
  if (above(site.suvMax, liver)) return '4';
  if (above(site.suvMax, blood)) return '3';
  return site.background !== undefined && atMost(site.suvMax, site.background) ? '1' : '2';
}

function finish(
  category: DeauvilleScore,
  statements: readonly Statement[],
  cautions: readonly string[],
  sites: readonly SiteScore[],
): DeauvilleAssessment {
  return {
    status: 'assessed',
    criteria: CRITERIA,
    category,
    meaning: MEANING[category],
    statements,
    cautions,
    sites,
  };
}
