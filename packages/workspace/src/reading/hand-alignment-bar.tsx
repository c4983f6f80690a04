import { Move3d, Pin, Plus, X } from 'lucide-react';
import { useStore } from 'zustand';
import type { Vec3 } from '../geometry/index.ts';
import { Button } from '../ui/index.ts';
import type { ReadingContext } from './context.ts';
import {
  type HandAlignment,
  isMovedByHand,
  LEAST_PAIRS,
  noNudge,
  useHandAlignment,
} from './hand-alignment.ts';
import { explain } from './review-actions.ts';

const axes = ['left', 'back', 'head'] as const;

/** One of the six numbers of a nudge, as a field with steps. */
function Amount({
  label,
  unit,
  value,
  step,
  onChange,
}: {
  readonly label: string;
  readonly unit: string;
  readonly value: number;
  readonly step: number;
  readonly onChange: (value: number) => void;
}) {
  return (
    <label className="flex items-center gap-1 text-muted">
      {label}
      <input
        type="number"
        step={step}
        value={Math.round(value * 100) / 100}
        onChange={(event) => {
          const next = event.target.valueAsNumber;
          if (Number.isFinite(next)) onChange(next);
        }}
        className="h-6 w-16 rounded-md border border-line bg-ground px-1 text-right text-[12px] text-text tabular-nums"
      />
      {unit}
    </label>
  );
}

const replaced = (vector: Vec3, axis: number, value: number) =>
  vector.map((old, at) => (at === axis ? value : old)) as unknown as Vec3;

/** Moving the PET on the CT by hand: by six numbers and the mouse, or through points marked in both. */
export function HandAlignmentBar({ context }: { readonly context: ReadingContext }) {
  const byHand = useStore(context.store, (now) => now.byHand);
  const { model } = context;
  if (byHand === null || model.run === undefined) return null;
  return <Bar byHand={byHand} context={context} runId={model.run.id} />;
}

function Bar({
  byHand,
  context,
  runId,
}: {
  readonly byHand: HandAlignment;
  readonly context: ReadingContext;
  readonly runId: string;
}) {
  const { store, model } = context;
  const { attempt, set } = useHandAlignment(model.detail.entry.studyInstanceUid, runId);
  const change = (next: HandAlignment) => {
    attempt.reset();
    store.setState({ byHand: next });
  };
  const leave = () => store.setState({ byHand: null, tool: 'triangulate' });
  const error = set.error ?? attempt.error;
  const isBusy = set.isPending || attempt.isPending;
  return (
    <section
      aria-label="Alignment by hand"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-raised px-3 py-1 text-[12px]"
    >
      <fieldset className="flex items-center gap-1">
        <legend className="sr-only">How the PET is moved</legend>
        {(
          [
            ['nudge', 'Move', Move3d],
            ['landmarks', 'Landmarks', Pin],
          ] as const
        ).map(([kind, label, Icon]) => (
          <Button
            key={kind}
            look={byHand.kind === kind ? 'primary' : 'plain'}
            aria-pressed={byHand.kind === kind}
            className="h-6 px-2"
            onClick={() => {
              if (byHand.kind === kind) return;
              store.setState({ tool: kind === 'nudge' ? 'move' : 'triangulate' });
              change(kind === 'nudge' ? noNudge(store.getState().points.ct) : { kind, pairs: [] });
            }}
          >
            <Icon size={14} aria-hidden /> {label}
          </Button>
        ))}
      </fieldset>
      {byHand.kind === 'nudge' ? (
        <Nudge byHand={byHand} onChange={change} />
      ) : (
        <Landmarks
          byHand={byHand}
          context={context}
          onChange={change}
          isBusy={isBusy}
          onLook={() =>
            attempt.mutate(byHand, { onSuccess: (trial) => store.setState({ byHand: { ...byHand, trial } }) })
          }
        />
      )}
      <span className="ml-auto flex items-center gap-2">
        {error !== null && (
          <span role="alert" className="text-bad">
            {explain(error)}
          </span>
        )}
        <Button
          look="primary"
          className="h-6"
          disabled={isBusy || !isMovedByHand(byHand)}
          onClick={() => set.mutate(byHand, { onSuccess: leave })}
        >
          Set alignment
        </Button>
        <Button className="h-6" look="quiet" onClick={leave}>
          Cancel
        </Button>
      </span>
    </section>
  );
}

function Nudge({
  byHand,
  onChange,
}: {
  readonly byHand: Extract<HandAlignment, { kind: 'nudge' }>;
  readonly onChange: (next: HandAlignment) => void;
}) {
  return (
    <>
      {axes.map((axis, at) => (
        <Amount
          key={axis}
          label={axis === 'head' ? 'to the head' : `to the ${axis}`}
          unit="mm"
          step={1}
          value={byHand.shiftMm[at]!}
          onChange={(value) => onChange({ ...byHand, shiftMm: replaced(byHand.shiftMm, at, value) })}
        />
      ))}
      {axes.map((axis, at) => (
        <Amount
          key={axis}
          label={['nod', 'roll', 'turn'][at]!}
          unit="°"
          step={0.5}
          value={byHand.turnDegrees[at]!}
          onChange={(value) => onChange({ ...byHand, turnDegrees: replaced(byHand.turnDegrees, at, value) })}
        />
      ))}
      <span className="hidden text-faint 2xl:inline">
        Drag the PET in a fused picture, or Shift and arrow keys.
      </span>
    </>
  );
}

function Landmarks({
  byHand,
  context,
  onChange,
  onLook,
  isBusy,
}: {
  readonly byHand: Extract<HandAlignment, { kind: 'landmarks' }>;
  readonly context: ReadingContext;
  readonly onChange: (next: HandAlignment) => void;
  readonly onLook: () => void;
  readonly isBusy: boolean;
}) {
  const { pairs, trial } = byHand;
  const marking = () => onChange({ kind: 'landmarks', pairs });
  return (
    <>
      {trial === undefined ? (
        <>
          <span className="text-faint">Put both cross-hairs on the same point of the body.</span>
          <Button
            className="h-6"
            onClick={() => {
              const { ct, pet } = context.store.getState().points;
              onChange({ kind: 'landmarks', pairs: [...pairs, { fixed: ct, moving: pet }] });
            }}
          >
            <Plus size={14} aria-hidden /> Add pair
          </Button>
        </>
      ) : (
        <span className="tabular-nums">fits to {trial.rmsMm?.toFixed(1)} mm</span>
      )}
      <ol aria-label="Landmarks" className="flex flex-wrap gap-1">
        {pairs.map((pair, at) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: two pairs may be equal, their order is all that names them
            key={at}
            className="flex items-center rounded-md border border-line pl-1.5 tabular-nums"
          >
            <button
              type="button"
              className="hover:text-text"
              onClick={() =>
                context.store.setState({
                  points: trial === undefined ? { ct: pair.fixed, pet: pair.moving } : both(pair.fixed),
                })
              }
            >
              {at + 1}
              {trial?.residualsMm[at] === undefined ? '' : `: ${trial.residualsMm[at].toFixed(1)} mm`}
            </button>
            <button
              type="button"
              aria-label={`Remove landmark ${at + 1}`}
              className="px-1 text-faint hover:text-text"
              onClick={() => onChange({ kind: 'landmarks', pairs: pairs.toSpliced(at, 1) })}
            >
              <X size={12} aria-hidden />
            </button>
          </li>
        ))}
      </ol>
      {trial === undefined ? (
        <Button className="h-6" disabled={isBusy || pairs.length < LEAST_PAIRS} onClick={onLook}>
          Look at it fused
        </Button>
      ) : (
        <Button className="h-6" onClick={marking}>
          Mark more
        </Button>
      )}
    </>
  );
}

const both = (point: Vec3) => ({ ct: point, pet: point });
