import { cross, type Vec3 } from './grid.ts';

export type PaneKind = 'axial' | 'coronal' | 'sagittal' | 'mip';

/** How a pane looks at the patient: `normal` points to the viewer, `up` to the top, `right` to the right edge. */
export interface ViewVectors {
  readonly normal: Vec3;
  readonly up: Vec3;
  readonly right: Vec3;
}

function vectors(normal: Vec3, up: Vec3): ViewVectors {
  return { normal, up, right: cross(up, normal) };
}

/** Radiological convention: axial from the feet, coronal from the front, sagittal from the patient's left. */
const fixed: Readonly<Record<'axial' | 'coronal' | 'sagittal', ViewVectors>> = {
  axial: vectors([0, 0, -1], [0, -1, 0]),
  coronal: vectors([0, -1, 0], [0, 0, 1]),
  sagittal: vectors([1, 0, 0], [0, 0, 1]),
};

/**
 * @param azimuthDegrees of the MIP: 0 is the view from the front, and growing angles walk around the patient
 * towards the patient's left side.
 */
export function viewVectors(kind: PaneKind, azimuthDegrees = 0): ViewVectors {
  if (kind !== 'mip') return fixed[kind];
  const angle = (azimuthDegrees * Math.PI) / 180;
  return vectors([Math.sin(angle), -Math.cos(angle), 0], [0, 0, 1]);
}

const letters: readonly (readonly [Vec3, string])[] = [
  [[1, 0, 0], 'L'],
  [[-1, 0, 0], 'R'],
  [[0, 1, 0], 'P'],
  [[0, -1, 0], 'A'],
  [[0, 0, 1], 'H'],
  [[0, 0, -1], 'F'],
];

/** Patient direction letters (PS3.3 C.7.6.1.1.1), the strongest first; a second one when the view is oblique. */
export function orientationLetters(direction: Vec3): string {
  return letters
    .map(([axis, letter]) => ({
      letter,
      share: axis[0] * direction[0] + axis[1] * direction[1] + axis[2] * direction[2],
    }))
    .filter(({ share }) => share > 0.25)
    .sort((a, b) => b.share - a.share)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join('');
}

/** The letters at the four edges of a pane. */
export function edgeLetters(view: ViewVectors) {
  const opposite = (v: Vec3): Vec3 => [-v[0], -v[1], -v[2]];
  return {
    top: orientationLetters(view.up),
    bottom: orientationLetters(opposite(view.up)),
    left: orientationLetters(opposite(view.right)),
    right: orientationLetters(view.right),
  };
}

/** A position as readers say it: `L 23.4`, `P 10.0`, `H 412.5` mm. */
export function locationText(kind: Exclude<PaneKind, 'mip'>, point: Vec3): string {
  const [value, positive, negative] =
    kind === 'axial'
      ? [point[2], 'H', 'F']
      : kind === 'coronal'
        ? [point[1], 'P', 'A']
        : [point[0], 'L', 'R'];
  return `${value >= 0 ? positive : negative} ${Math.abs(value).toFixed(1)} mm`;
}
