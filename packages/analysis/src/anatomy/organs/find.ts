import type { Mask } from '@photopeak/imaging';

/** An organ as its finder hands it on, on the working grid. */
export interface OrganFind {
  readonly mask: Mask;
  /** Smoothed HU of the organ. */
  readonly hu: number;
  /** How much brighter than the organ its outermost layer may be; default 25, more where bone borders on it. */
  readonly brighterHu?: number;
  /** 0 … 1: how well place and shape are those of the organ; the raw ground of its confidence. */
  readonly fit: number;
  /** In words: what is unusual about it. */
  readonly findings?: readonly string[];
}

/** Why an organ was not found. */
export interface OrganAbsence {
  readonly absent: string;
}

export type OrganOutcome<T extends OrganFind = OrganFind> = T | OrganAbsence;

export const absence = (absent: string): OrganAbsence => ({ absent });

export const isFound = <T extends OrganFind>(outcome: OrganOutcome<T>): outcome is T => 'mask' in outcome;
