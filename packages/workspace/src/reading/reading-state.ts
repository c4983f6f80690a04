import { createStore, type StoreApi } from 'zustand';
import { add, type ColorTableId, type Vec3 } from '../geometry/index.ts';
import type { HandAlignment } from './hand-alignment.ts';
import { ctWindows, type Range } from './presets.ts';

export type Frame = 'ct' | 'pet';
export type Content = 'fused' | 'ct' | 'pet';
/** What the pictures show of a series that has a layer. */
export type Comparison = 'original' | 'enhanced' | 'difference';
export type Tool = 'triangulate' | 'window' | 'move';
export type OpenDialog = 'help' | 'sign' | 'edit' | 'suv' | null;

/** Everything the reader has set on the page. What the node knows is not here. */
export interface ReadingState {
  readonly layoutId: string;
  /** What the fused panes show. */
  readonly content: Content;
  readonly ctRange: Range;
  readonly petRange: Range;
  readonly petTable: ColorTableId;
  readonly fusionTable: ColorTableId;
  readonly opacity: number;
  /** The position in each frame of reference; one and the same while fused. */
  readonly points: Readonly<Record<Frame, Vec3>>;
  readonly isLinked: boolean;
  readonly azimuthDegrees: number;
  readonly isSpinning: boolean;
  readonly tool: Tool;
  readonly activePane: string | null;
  readonly maximised: string | null;
  /** The PET as the run deformed it to the CT, where it did. */
  readonly showsDeformed: boolean;
  readonly showsOutlines: boolean;
  readonly showsPhysiological: boolean;
  readonly selected: string | null;
  /** Where the mouse is; the read-out follows it, else the position. */
  readonly hover: { readonly frame: Frame; readonly point: Vec3; readonly isProjected: boolean } | null;
  /** The PET as a person moves it on the CT, until that is set or left. */
  readonly byHand: HandAlignment | null;
  /** The bar with which a series is enhanced and compared. */
  readonly showsEnhancement: boolean;
  readonly comparison: Comparison;
  /** Where the curtain over the enhanced image ends, as a part of the width of a pane; null: it is open. */
  readonly curtain: number | null;
  readonly dialog: OpenDialog;
  readonly message: string | null;
}

export type ReadingStore = StoreApi<ReadingState>;

export function createReadingStore(): ReadingStore {
  return createStore<ReadingState>(() => ({
    layoutId: 'overview',
    content: 'fused',
    ctRange: ctWindows[0]!.range,
    petRange: [0, 7],
    petTable: 'inverted-grey',
    fusionTable: 'hot-metal',
    opacity: 0.5,
    points: { ct: [0, 0, 0], pet: [0, 0, 0] },
    isLinked: false,
    azimuthDegrees: 0,
    isSpinning: false,
    tool: 'triangulate',
    activePane: null,
    maximised: null,
    showsDeformed: true,
    showsOutlines: true,
    showsPhysiological: false,
    selected: null,
    hover: null,
    byHand: null,
    showsEnhancement: false,
    comparison: 'enhanced',
    curtain: null,
    dialog: null,
    message: null,
  }));
}

/** Draws the curtain from the middle, over the enhanced image where the original was shown; or opens it again. */
export const drawCurtain = ({ curtain, comparison }: ReadingState): Partial<ReadingState> =>
  curtain === null
    ? { curtain: 0.5, comparison: comparison === 'original' ? 'enhanced' : comparison }
    : { curtain: null };

/** Goes to a point in one frame; in the other too when they are the same. */
export function goTo(store: ReadingStore, frame: Frame, point: Vec3): void {
  const { points, isLinked } = store.getState();
  store.setState({ points: isLinked ? { ct: point, pet: point } : { ...points, [frame]: point } });
}

export function turn(store: ReadingStore, degrees: number): void {
  const { azimuthDegrees } = store.getState();
  store.setState({ azimuthDegrees: (((azimuthDegrees + degrees) % 360) + 360) % 360 });
}

/** Moves the PET by mm along L, P, S while it is moved by hand. */
export function shiftPet(store: ReadingStore, mm: Vec3): void {
  store.setState(({ byHand }) =>
    byHand?.kind === 'nudge' ? { byHand: { ...byHand, shiftMm: add(byHand.shiftMm, mm) } } : {},
  );
}
