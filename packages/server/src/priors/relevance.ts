import type { PriorRule } from '../config/index.ts';
import { regionsOf } from './regions.ts';

/** The study or order for which studies from before are wanted. */
export interface NewStudy {
  readonly studyInstanceUid: string;
  readonly patientId: string;
  readonly patientIssuer: string;
  readonly birthDate: string;
  readonly modalities: readonly string[];
  readonly description: string;
  readonly bodyPart: string;
  readonly reason: string;
  /** `YYYYMMDD`. */
  readonly date: string;
}

/** A study that an archive has. */
export interface FoundStudy {
  readonly studyInstanceUid: string;
  readonly patientId: string;
  readonly patientIssuer: string;
  readonly birthDate: string;
  readonly date: string;
  readonly description: string;
  readonly modalities: readonly string[];
  readonly instanceCount: number | null;
}

export interface RelevantStudy extends FoundStudy {
  readonly rule: string;
  readonly reason: string;
}

const list = (words: string | readonly string[] | undefined): readonly string[] =>
  words === undefined ? [] : typeof words === 'string' ? [words] : words;

const names = (text: string, words: string | readonly string[] | undefined): boolean =>
  words === undefined || list(words).some((word) => text.toLowerCase().includes(word.toLowerCase()));

const shares = (modalities: readonly string[], wanted: string | readonly string[] | undefined): boolean =>
  wanted === undefined || list(wanted).some((modality) => modalities.includes(modality.toUpperCase()));

export function ruleApplies({ when }: PriorRule, study: NewStudy): boolean {
  return (
    shares(study.modalities, when.modality) &&
    names(study.description, when.description) &&
    names(study.reason, when.reason)
  );
}

/** Those that a rule finds relevant, the newest first, each with the reason in words. */
export function relevantStudies(
  rule: PriorRule,
  study: NewStudy,
  found: readonly FoundStudy[],
): RelevantStudy[] {
  const relevant = found.flatMap((prior): RelevantStudy[] => {
    const reason = reasonFor(rule, study, prior);
    return reason === undefined ? [] : [{ ...prior, rule: rule.name, reason }];
  });
  return relevant
    .toSorted((a, b) =>
      a.date < b.date ? 1 : a.date > b.date ? -1 : a.studyInstanceUid < b.studyInstanceUid ? -1 : 1,
    )
    .slice(0, rule.take.most);
}

function reasonFor({ take }: PriorRule, study: NewStudy, prior: FoundStudy): string | undefined {
  if (prior.studyInstanceUid === study.studyInstanceUid || !samePerson(study, prior)) return undefined;
  const days = daysBetween(prior.date, study.date);
  if (days === undefined || days < 0 || days > take.withinDays) return undefined;
  if (!shares(prior.modalities, take.modality) || !names(prior.description, take.description))
    return undefined;
  const parts = [prior.modalities.join(', ') || 'unknown modality', `${days} days before`];
  if (take.sameRegion) {
    const wanted = regionsOf(study.description, study.bodyPart);
    const shown = regionsOf(prior.description);
    const common = [...wanted].filter((region) => shown.has(region));
    if (wanted.size > 0 && shown.size > 0 && common.length === 0) return undefined;
    parts.push(common.length > 0 ? `same region (${common.join(', ')})` : 'region not named');
  }
  return parts.join(', ');
}

/** One number may be given out twice: issuer and birth date must not contradict. */
function samePerson(study: NewStudy, prior: FoundStudy): boolean {
  const agree = (a: string, b: string) => a === '' || b === '' || a === b;
  return (
    study.patientId !== '' &&
    study.patientId === prior.patientId &&
    agree(study.patientIssuer, prior.patientIssuer) &&
    agree(study.birthDate, prior.birthDate)
  );
}

function daysBetween(from: string, to: string): number | undefined {
  const [a, b] = [from, to].map((date) => {
    const match = /^(\d{4})(\d{2})(\d{2})$/.exec(date);
    return match === null ? Number.NaN : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  });
  const days = Math.round(((b ?? Number.NaN) - (a ?? Number.NaN)) / 86_400_000);
  return Number.isFinite(days) ? days : undefined;
}
