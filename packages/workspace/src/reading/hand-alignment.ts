import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type AlignmentCorrection, type AlignmentCorrectionInput, call, keys } from '../api/index.ts';
import { identity, type Mat4, nudged, type Vec3 } from '../geometry/index.ts';
import type { Fusion } from './fusion.ts';

/** One point of the body as it was marked in the CT and in the PET, each where its own header puts it. */
export interface LandmarkPair {
  readonly fixed: Vec3;
  readonly moving: Vec3;
}

/** What a person has moved so far; nothing of it is in force before it is set. */
export type HandAlignment =
  | { readonly kind: 'nudge'; readonly shiftMm: Vec3; readonly turnDegrees: Vec3; readonly about: Vec3 }
  | {
      readonly kind: 'landmarks';
      readonly pairs: readonly LandmarkPair[];
      /** What the node makes of these pairs, while it is looked at. */
      readonly trial?: AlignmentCorrection | undefined;
    };

export const LEAST_PAIRS = 3;

export const noNudge = (about: Vec3): HandAlignment => ({
  kind: 'nudge',
  shiftMm: [0, 0, 0],
  turnDegrees: [0, 0, 0],
  about,
});

/** How the pictures lie on each other meanwhile. */
export function fusionByHand(inForce: Fusion, byHand: HandAlignment | null): Fusion {
  if (byHand === null) return inForce;
  if (byHand.kind === 'landmarks') {
    return byHand.trial === undefined
      ? { isAllowed: false, reason: 'Landmarks are being marked.' }
      : { isAllowed: true, petToCt: byHand.trial.matrix, isMoved: true };
  }
  const from: Mat4 = inForce.isAllowed ? inForce.petToCt : identity;
  return { isAllowed: true, petToCt: nudged(from, byHand), isMoved: true };
}

/** Whether there is something to set. */
export function isMovedByHand(byHand: HandAlignment): boolean {
  if (byHand.kind === 'landmarks') return byHand.pairs.length >= LEAST_PAIRS;
  return [...byHand.shiftMm, ...byHand.turnDegrees].some((value) => value !== 0);
}

function input(byHand: HandAlignment): AlignmentCorrectionInput {
  if (byHand.kind === 'landmarks') {
    return {
      landmarks: byHand.pairs.map(({ fixed, moving }) => ({ fixed: [...fixed], moving: [...moving] })),
    };
  }
  const { shiftMm, turnDegrees, about } = byHand;
  return { nudge: { shiftMm: [...shiftMm], turnDegrees: [...turnDegrees], about: [...about] } };
}

/** Asks the node what landmarks make, or to process the study with the alignment. */
export function useHandAlignment(studyUid: string, runId: string) {
  const client = useQueryClient();
  const at = `runs/${runId}/alignment/correction`;
  const attempt = useMutation({
    mutationFn: (byHand: HandAlignment) =>
      call<AlignmentCorrection>('POST', `${at}?trial=true`, input(byHand)),
  });
  const set = useMutation({
    mutationFn: (byHand: HandAlignment) => call<AlignmentCorrection>('POST', at, input(byHand)),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.study(studyUid) }),
        client.invalidateQueries({ queryKey: keys.worklist }),
      ]),
  });
  return { attempt, set };
}
