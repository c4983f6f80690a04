import type { PaneKind } from '../geometry/index.ts';

export type PaneShow = 'fusion' | 'ct' | 'pet';

export interface PaneDefinition {
  readonly id: string;
  readonly kind: PaneKind;
  readonly show: PaneShow;
  /** CSS grid-area. */
  readonly area: string;
}

export interface Layout {
  readonly id: string;
  readonly label: string;
  readonly columns: string;
  readonly rows: string;
  readonly panes: readonly PaneDefinition[];
}

function pane(kind: PaneKind, show: PaneShow, area: string): PaneDefinition {
  return { id: `${kind}-${show}`, kind, show, area };
}

/** Hanging protocols, in the order in which one key steps through them. */
export const fusedLayouts: readonly Layout[] = [
  {
    id: 'overview',
    label: 'Overview',
    columns: '1.25fr 1fr 1fr 1fr',
    rows: '1fr 1fr',
    panes: [
      pane('axial', 'fusion', '1 / 1'),
      pane('axial', 'ct', '2 / 1'),
      pane('coronal', 'fusion', '1 / 2 / 3'),
      pane('sagittal', 'fusion', '1 / 3 / 3'),
      pane('mip', 'pet', '1 / 4 / 3'),
    ],
  },
  {
    id: 'quad',
    label: 'Two by two',
    columns: '1fr 1fr',
    rows: '1fr 1fr',
    panes: [
      pane('axial', 'fusion', '1 / 1'),
      pane('coronal', 'fusion', '1 / 2'),
      pane('sagittal', 'fusion', '2 / 1'),
      pane('mip', 'pet', '2 / 2'),
    ],
  },
  {
    id: 'axial',
    label: 'Axial: CT, PET, fused',
    columns: '1fr 1fr',
    rows: '1fr 1fr',
    panes: [
      pane('axial', 'ct', '1 / 1'),
      pane('axial', 'pet', '1 / 2'),
      pane('axial', 'fusion', '2 / 1'),
      pane('mip', 'pet', '2 / 2'),
    ],
  },
];

/** Without a registration nothing is fused: CT on the left, PET on the right, each with its own position. */
export const separateLayout: Layout = {
  id: 'separate',
  label: 'Side by side, not fused',
  columns: '1fr 1fr 0.9fr',
  rows: '1fr 1fr',
  panes: [
    pane('axial', 'ct', '1 / 1'),
    pane('axial', 'pet', '1 / 2'),
    pane('coronal', 'ct', '2 / 1'),
    pane('coronal', 'pet', '2 / 2'),
    pane('mip', 'pet', '1 / 3 / 3'),
  ],
};

/** One modality alone. */
export function singleLayout(show: 'ct' | 'pet'): Layout {
  const planes = [
    pane('axial', show, '1 / 1'),
    pane('coronal', show, '1 / 2 / 3'),
    pane('sagittal', show, '2 / 1'),
  ];
  return {
    id: `single-${show}`,
    label: show === 'ct' ? 'CT alone' : 'PET alone',
    columns: '1fr 1fr 1fr',
    rows: '1fr 1fr',
    panes: show === 'pet' ? [...planes, pane('mip', 'pet', '1 / 3 / 3')] : planes,
  };
}
