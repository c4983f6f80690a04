import { canonical } from './synonyms.ts';

/** A coded concept: the basic coded entry attributes of PS3.3 Table 8.8-1. All three parts are type 1. */
export interface Code {
  readonly value: string;
  /** Coding Scheme Designator (0008,0102), e.g. `SCT`, `DCM`, `UCUM`, `LN`, `99PHOTOPEAK`. */
  readonly scheme: string;
  readonly meaning: string;
}

/** A typed maker of codes of one scheme. */
export const scheme =
  (designator: string) =>
  (value: string, meaning: string): Code =>
    Object.freeze({ value, scheme: designator, meaning });

/** A key that is the same for synonyms: SRT and SCT codes of one concept, old and new UCUM orders. */
export function codeKey(code: Pick<Code, 'value' | 'scheme'>): string {
  return canonical(code.value.trim(), code.scheme.trim());
}

/** True when both name the same concept, retired designators and older habits of other writers included. */
export function sameCode(
  a: Pick<Code, 'value' | 'scheme'> | undefined,
  b: Pick<Code, 'value' | 'scheme'> | undefined,
): boolean {
  return a !== undefined && b !== undefined && codeKey(a) === codeKey(b);
}
