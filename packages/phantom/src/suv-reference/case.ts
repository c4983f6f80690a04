import type { Body } from './body-measures.ts';

/** One bed position: seconds after the true reference time, and its length. Slices are shared out evenly. */
export interface CaseBed {
  readonly startSeconds: number;
  readonly durationSeconds: number;
}

/** What a reference object says and what is true; `undefined` in `written` keeps the true value, `null` leaves it out. */
export interface SuvCase {
  readonly name: string;
  /** The rule that it exercises. */
  readonly about: string;
  /** `ok`, or the code with which SUV has to be refused. */
  readonly expected: string;
  /** Every type 1 attribute is there and consistent; false where the case is a defect. Default true. */
  readonly conformant?: boolean;
  readonly manufacturer: 'GE MEDICAL SYSTEMS' | 'SIEMENS' | 'Philips Medical Systems';
  readonly units: string | null;
  readonly suvType?: string;
  readonly decayCorrection: 'START' | 'ADMIN' | 'NONE' | null;
  readonly correctedImage?: readonly string[];
  readonly body?: Partial<Body>;
  readonly nuclide?: 'F-18' | 'Ga-68' | 'Zr-89';
  /** Minutes from injection to the reference time. */
  readonly uptakeMinutes?: number;
  /** Reference time as `YYYYMMDDHHMMSS`. */
  readonly reference?: string;
  readonly beds?: readonly CaseBed[];
  readonly slopes?: 'equal' | 'per-slice';
  readonly written?: {
    readonly weight?: number | null;
    readonly height?: number | null;
    readonly dose?: number | null;
    readonly halfLife?: null;
    readonly nuclideCode?: null;
    /** How the injection is given. Default: date-time and time. */
    readonly injection?: 'both' | 'time' | 'date-time' | 'none';
    /** Seconds by which Series Date and Time are later than the true reference. */
    readonly seriesDelaySeconds?: number;
    /** Frame Reference Time: true, or 0 as some exports have it. */
    readonly frameReference?: 'true' | 'zero';
    readonly intercept?: number;
    /** Philips private factors: true value, zero, or absent. */
    readonly philipsSuv?: 'true' | 'zero';
    readonly philipsActivity?: 'true' | 'zero';
    /** Block that the Philips creator reserves; scanners use 10, archives move it. */
    readonly philipsBlock?: number;
    /** GE private scan date-time of the creator GEMS_PETD_01. */
    readonly geScanTime?: 'true';
  };
}
