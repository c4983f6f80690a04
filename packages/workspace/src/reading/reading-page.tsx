import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import { Dispatcher, HelpOverlay, useKeys } from '../actions/index.ts';
import { centre } from '../geometry/index.ts';
import { personName } from '../text/index.ts';
import { type Pane, Viewer } from '../viewer/index.ts';
import { AlignmentBanner } from './alignment-banner.tsx';
import { Banners } from './banners.tsx';
import type { ReadingContext } from './context.ts';
import { displayActions } from './display-actions.ts';
import { EditDialog } from './edit-dialog.tsx';
import { EnhancementBar } from './enhancement-bar.tsx';
import { HandAlignmentBar } from './hand-alignment-bar.tsx';
import { useReadingModel } from './model.ts';
import { firstPoint, isTallerThanWide } from './moves.ts';
import { PaneGrid } from './pane-grid.tsx';
import { FIRST_PET_RANGE } from './presets.ts';
import { ReadingHeader } from './reading-header.tsx';
import { createReadingStore, goTo, turn } from './reading-state.ts';
import { Readout } from './readout.tsx';
import { createReview } from './review.ts';
import { reviewActions } from './review-actions.ts';
import { SidePanel } from './side-panel.tsx';
import { SignDialog } from './sign-dialog.tsx';
import { SuvDialog } from './suv-dialog.tsx';
import { Toolbar } from './toolbar.tsx';

const SPIN_STEP_DEGREES = 6;
const SPIN_INTERVAL_MS = 100;

export function ReadingPage() {
  const { studyUid } = useParams({ from: '/signed-in/studies/$studyUid' });
  return <Reading key={studyUid} studyUid={studyUid} />;
}

/** The viewer of this page; a lost graphics context brings a new one, which shows the small volumes only. */
function useViewer(onLost: () => void): Viewer | undefined {
  const [viewer, setViewer] = useState<Viewer>();
  const [generation, setGeneration] = useState(0);
  const lost = useRef(onLost);
  lost.current = onLost;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is a new viewer
  useEffect(() => {
    const opened = new Viewer({
      onContextLost: () => {
        lost.current();
        setGeneration((before) => before + 1);
      },
    });
    setViewer(opened);
    return () => {
      setViewer(undefined);
      opened.close();
    };
  }, [generation]);
  return viewer;
}

function Reading({ studyUid }: { readonly studyUid: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [store] = useState(createReadingStore);
  const [panes] = useState(() => new Map<string, Pane>());
  const [isDegraded, setDegraded] = useState(false);
  const viewer = useViewer(() => setDegraded(true));
  const byHand = useStore(store, (now) => now.byHand);
  const showsDeformed = useStore(store, (now) => now.showsDeformed);
  const showsEnhancement = useStore(store, (now) => now.showsEnhancement);
  const comparison = useStore(store, (now) => now.comparison);
  const { model, error } = useReadingModel(studyUid, isDegraded, byHand, showsDeformed, {
    isOpen: showsEnhancement,
    comparison,
  });
  const runId = model?.run?.id;
  const review = useMemo(
    () => (runId === undefined ? undefined : createReview(client, studyUid, runId)),
    [client, studyUid, runId],
  );

  const latest = useRef<ReadingContext>(null as unknown as ReadingContext);
  const dispatcher = useMemo(
    () => new Dispatcher<ReadingContext>([...displayActions, ...reviewActions], () => latest.current),
    [],
  );
  useSyncExternalStore(dispatcher.subscribe, dispatcher.version);
  const dialog = useStore(store, (now) => now.dialog);
  const isSpinning = useStore(store, (now) => now.isSpinning);
  const leave = () => void navigate({ to: '/' });
  const undo = { isPossible: dispatcher.last !== undefined, perform: () => dispatcher.undo() };
  if (model !== undefined) latest.current = { store, model, review, viewer, panes, leave, undo };

  // Before the effects of the panes, which ask for these volumes.
  const { ctPicture, petPicture, spare } = model ?? {};
  useLayoutEffect(() => {
    const kept = [ctPicture, petPicture, ...(spare ?? [])];
    viewer?.setVolumes([...new Set(kept)].filter((volume) => volume !== undefined));
  }, [viewer, ctPicture, petPicture, spare]);

  const isLinked = model?.fusion.isAllowed ?? false;
  useEffect(() => {
    store.setState({ isLinked });
    if (isLinked) goTo(store, 'pet', store.getState().points.pet);
  }, [store, isLinked]);

  // A study opens at its hottest finding, or in the middle; what arrives later does not move the reader.
  const isPlaced = useRef({ ct: false, pet: false });
  useEffect(() => {
    if (model === undefined) return;
    for (const frame of ['pet', 'ct'] as const) {
      const volume = model[frame];
      if (volume === undefined || isPlaced.current[frame]) continue;
      isPlaced.current[frame] = true;
      if (frame === 'pet') goTo(store, frame, firstPoint(model) ?? centre(volume));
      else if (!isLinked || !isPlaced.current.pet) goTo(store, frame, centre(volume));
    }
  }, [store, model, isLinked]);

  // Whole bodies are tall, and tall panes suit them; a short scan fills two by two better.
  const shape = model?.ct ?? model?.pet;
  const isTall = shape === undefined ? undefined : isTallerThanWide(shape);
  useEffect(() => {
    if (isTall !== undefined) store.setState({ layoutId: isTall ? 'overview' : 'quad' });
  }, [store, isTall]);

  const petUnit = model?.pet?.unit;
  const presets = useRef(model?.petPresets);
  presets.current = model?.petPresets;
  useEffect(() => {
    const first = presets.current?.[FIRST_PET_RANGE];
    if (petUnit !== undefined && first !== undefined) store.setState({ petRange: first.range });
  }, [store, petUnit]);

  useEffect(() => {
    if (!isSpinning) return;
    const timer = setInterval(() => turn(store, SPIN_STEP_DEGREES), SPIN_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [store, isSpinning]);

  const name = model?.detail.entry.patientName;
  useEffect(() => {
    document.title = name === undefined ? 'Photopeak' : `${personName(name)} · Photopeak`;
  }, [name]);

  const reviewState = model?.run?.review;
  useEffect(() => {
    if (reviewState === 'signed') dispatcher.forget();
  }, [dispatcher, reviewState]);

  useKeys(dispatcher);
  if (error !== null && model === undefined) throw error;
  if (model === undefined) {
    return <main className="flex h-full items-center justify-center text-muted">Opening the study…</main>;
  }
  const context = latest.current;
  const close = () => store.setState({ dialog: null });
  return (
    <div className="flex h-full flex-col">
      <ReadingHeader model={model} onLeave={leave} />
      <main className="flex min-h-0 flex-1 flex-col">
        <Toolbar dispatcher={dispatcher} context={context} />
        <AlignmentBanner
          entry={model.detail.entry}
          isOpen={reviewState === 'draft'}
          onAlign={model.canAlign ? () => void dispatcher.run('align.by-hand') : undefined}
        />
        <HandAlignmentBar context={context} />
        <EnhancementBar context={context} />
        <Banners model={model} isDegraded={isDegraded} store={store} />
        <div className="flex min-h-0 flex-1">
          <section className="flex min-w-0 flex-1 flex-col" aria-label="Pictures">
            {viewer !== undefined && (
              <PaneGrid model={model} store={store} viewer={viewer} panes={panes} context={latest} />
            )}
            <Readout model={model} store={store} />
          </section>
          <SidePanel dispatcher={dispatcher} context={context} />
        </div>
      </main>
      <HelpOverlay dispatcher={dispatcher} isOpen={dialog === 'help'} onClose={close} />
      <EditDialog dispatcher={dispatcher} context={context} isOpen={dialog === 'edit'} onClose={close} />
      <SignDialog context={context} isOpen={dialog === 'sign'} onClose={close} />
      <SuvDialog model={model} isOpen={dialog === 'suv'} onClose={close} />
    </div>
  );
}
