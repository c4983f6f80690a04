import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { Button } from '../ui/index.ts';
import type { ReadingModel } from './model.ts';
import type { ReadingStore } from './reading-state.ts';

const looks = {
  info: ['text-muted', Info],
  check: ['text-check', TriangleAlert],
  bad: ['text-bad', CircleAlert],
} as const;

function Banner({ look, children }: { readonly look: keyof typeof looks; readonly children: ReactNode }) {
  const [tone, Icon] = looks[look];
  return (
    <div
      role="status"
      className="flex items-center gap-2 border-b border-line bg-surface px-3 py-1 text-[12px]"
    >
      <Icon size={14} aria-hidden className={`shrink-0 ${tone}`} />
      <p className="min-w-0 text-text">{children}</p>
    </div>
  );
}

/** What the reader must know before trusting the pictures. None of it stands in the way of reading. */
export function Banners({
  model,
  isDegraded,
  store,
}: {
  readonly model: ReadingModel;
  readonly isDegraded: boolean;
  readonly store: ReadingStore;
}) {
  const message = useStore(store, (now) => now.message);
  /** The two stand apart because somebody marks points in both. */
  const isMarking = useStore(store, (now) => now.byHand !== null);
  const { fusion, ct, pet, detail, summary } = model;
  const hasBoth = model.layouts.some((layout) => layout.id === 'separate');
  const registration = summary?.registration;
  const isPoor = fusion.isAllowed && registration?.class === 'red';
  const refusal = pet?.suv?.status === 'refused' ? pet.suv.reason : undefined;
  return (
    <>
      {message !== null && (
        <Banner look="bad">
          <span role="alert">{message}</span>{' '}
          <Button look="quiet" className="h-6" onClick={() => store.setState({ message: null })}>
            Dismiss
          </Button>
        </Banner>
      )}
      {model.problem !== undefined && <Banner look="bad">{model.problem.message}</Banner>}
      {isDegraded && (
        <Banner look="check">
          The graphics memory of this computer ran out. The volumes are shown at a quarter of their resolution
          and cannot be measured with the cursor; load the page again for the whole resolution.
        </Banner>
      )}
      {hasBoth && !fusion.isAllowed && !isMarking && (
        <Banner look="check">
          <strong className="font-semibold">PET and CT are not fused.</strong> {fusion.reason} They are shown
          side by side, each with its own position.
          {registration?.score !== null && registration !== null && registration !== undefined && (
            <>
              {' '}
              Registration score {registration.score}: {registration.scoreReason}.
            </>
          )}
        </Banner>
      )}
      {isPoor && (
        <Banner look="check">
          <strong className="font-semibold">Check the alignment.</strong> Registration score{' '}
          {registration?.score}: {registration?.scoreReason}.
        </Banner>
      )}
      {refusal !== undefined && (
        <Banner look="check">
          <strong className="font-semibold">SUV not computable:</strong> {refusal}. The image is shown in its
          own unit, and the ranges are parts of its highest voxel.
        </Banner>
      )}
      {detail.entry.stateReason !== null && ct === undefined && pet === undefined && (
        <Banner look="info">{detail.entry.stateReason}</Banner>
      )}
    </>
  );
}
