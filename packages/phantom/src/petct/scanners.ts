import type { Vec3 } from '@photopeak/imaging';

export type ScannerStyle = 'ge' | 'siemens' | 'philips';
export type PhantomSize = 'small' | 'full';

/** What a scanner does to the picture, and the grids it writes. */
export interface Scanner {
  readonly name: 'ge-discovery-st' | 'siemens-biograph-mct' | 'philips-gemini-tf';
  /** Spatial resolution of PET, full width at half maximum in mm. */
  readonly petFwhmMm: number;
  /** Standard deviation of PET noise at SUV 1 in the middle of a normal body, in SUV. */
  readonly petNoise: number;
  /** Width of the post-filter that correlates the noise, FWHM in mm. */
  readonly petNoiseFwhmMm: number;
  /** CT resolution in the plane, Gaussian sigma in mm. */
  readonly ctSigmaMm: number;
  /** CT noise in HU for a body of 28 cm water-equivalent diameter. */
  readonly ctNoiseHu: number;
  /** Centre of the field of view in LPS; scanners place their zero differently. */
  readonly centerMm: readonly [number, number];
  /** Height in patient coordinates of the top of the diaphragm. */
  readonly diaphragmZMm: number;
  readonly grids: Record<PhantomSize, { readonly ct: GridPlan; readonly pet: GridPlan }>;
}

export interface GridPlan {
  readonly size: Vec3;
  readonly spacingMm: Vec3;
  /** How far the uppermost slice lies below the vertex, for a part of the body alone. Default 0. */
  readonly belowTopMm?: number;
}

const plan = (size: Vec3, spacingMm: Vec3): GridPlan => ({ size, spacingMm });

const ctFull = plan([512, 512, 310], [0.9765625, 0.9765625, 3.27]);
const ctSmall = plan([128, 128, 203], [3.90625, 3.90625, 5]);

export const scanners: Record<ScannerStyle, Scanner> = {
  ge: {
    name: 'ge-discovery-st',
    petFwhmMm: 6.2,
    petNoise: 0.13,
    petNoiseFwhmMm: 6.4,
    ctSigmaMm: 0.55,
    ctNoiseHu: 13,
    centerMm: [0, 0],
    diaphragmZMm: -385,
    grids: {
      full: { ct: ctFull, pet: plan([200, 200, 233], [3.5, 3.5, 4.36]) },
      small: { ct: ctSmall, pet: plan([96, 96, 197], [5.46875, 5.46875, 5.15]) },
    },
  },
  siemens: {
    name: 'siemens-biograph-mct',
    petFwhmMm: 4.6,
    petNoise: 0.15,
    petNoiseFwhmMm: 5,
    ctSigmaMm: 0.5,
    ctNoiseHu: 12,
    centerMm: [0.5, -181.5],
    diaphragmZMm: -742.5,
    grids: {
      full: { ct: ctFull, pet: plan([200, 200, 233], [4.07283, 4.07283, 4.36]) },
      small: { ct: ctSmall, pet: plan([100, 100, 203], [5.4, 5.4, 5]) },
    },
  },
  philips: {
    name: 'philips-gemini-tf',
    petFwhmMm: 5.5,
    petNoise: 0.14,
    petNoiseFwhmMm: 5.6,
    ctSigmaMm: 0.6,
    ctNoiseHu: 14,
    centerMm: [-1.2, 24],
    diaphragmZMm: 131,
    grids: {
      full: { ct: ctFull, pet: plan([200, 200, 233], [2.88, 2.88, 4.36]) },
      small: { ct: ctSmall, pet: plan([104, 104, 203], [5.2, 5.2, 5]) },
    },
  },
};
