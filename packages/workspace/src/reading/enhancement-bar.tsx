import { useQuery } from '@tanstack/react-query';
import { Check, Sparkles, X } from 'lucide-react';
import { useState } from 'react';
import { useStore } from 'zustand';
import { type EnhancementEntry, enhancementMethodsQuery } from '../api/index.ts';
import { Button, Meter, Select } from '../ui/index.ts';
import type { ReadingContext } from './context.ts';
import { methodsFor, type ShownLayer, useEnhancementActions } from './enhancement.ts';
import { type Comparison, drawCurtain } from './reading-state.ts';
import { explain } from './review-actions.ts';

/** Enhancing a series while reading: ask, watch, compare, keep or drop. */
export function EnhancementBar({ context }: { readonly context: ReadingContext }) {
  const isOpen = useStore(context.store, (now) => now.showsEnhancement);
  return isOpen ? <Bar context={context} /> : null;
}

function Bar({ context }: { readonly context: ReadingContext }) {
  const { model } = context;
  const { layer, enhancements } = model;
  const waiting = enhancements.find(({ state }) => state === 'queued' || state === 'running');
  const failed = enhancements.find(({ state }) => state === 'failed');
  const idle = enhancements.find(({ state, geometryHref }) => state === 'there' && geometryHref === null);
  const fruitless = failed ?? idle;
  const { drop } = useEnhancementActions(model.detail.entry.studyInstanceUid);
  return (
    <section
      aria-label="Enhancement"
      className="flex h-9 shrink-0 items-center gap-3 overflow-x-clip border-b border-line bg-raised px-3 text-[12px]"
    >
      {layer === undefined && waiting === undefined && <Ask context={context} />}
      {waiting !== undefined && (
        <div className="flex w-72 items-center gap-2 text-muted">
          <span className="whitespace-nowrap">
            {waiting.state === 'queued' ? 'Waiting for a worker' : `Enhancing by ${waiting.method}`}
          </span>
          <Meter label="Progress of the enhancement" fraction={waiting.fraction} />
        </div>
      )}
      {layer !== undefined && <Compare context={context} layer={layer} />}
      {layer === undefined && fruitless !== undefined && (
        <span className="flex items-center gap-2">
          <span role="alert" className="text-bad">
            {whyNothing(fruitless)}
          </span>
          <Button look="quiet" className="h-6" onClick={() => drop.mutate(fruitless.runId)}>
            Dismiss
          </Button>
        </span>
      )}
    </section>
  );
}

function whyNothing({ state, error, quality }: EnhancementEntry): string {
  if (state === 'failed') return error ?? 'It failed.';
  if (quality?.verdict === 'held')
    return `Quality control holds the result back: ${quality.reasons.join('; ')}.`;
  return 'The method found nothing to change.';
}

function Ask({ context }: { readonly context: ReadingContext }) {
  const { model } = context;
  const offered = useQuery(enhancementMethodsQuery);
  const series = [model.chosen?.ct, model.chosen?.pet].flatMap((uid) => {
    const entry = model.detail.series.find(({ seriesInstanceUid }) => seriesInstanceUid === uid);
    return entry === undefined ? [] : [entry];
  });
  const [seriesUid, setSeriesUid] = useState(series[0]?.seriesInstanceUid ?? '');
  const chosen = series.find(({ seriesInstanceUid }) => seriesInstanceUid === seriesUid) ?? series[0];
  const methods = methodsFor(offered.data?.methods ?? [], chosen?.modality ?? '');
  const [methodId, setMethodId] = useState('');
  const method = methods.find(({ id }) => id === methodId) ?? methods[0];
  const { ask } = useEnhancementActions(model.detail.entry.studyInstanceUid);
  return (
    <>
      <span className="flex items-center gap-1 text-muted">
        Series
        <Select
          aria-label="Series"
          isSmall
          value={chosen?.seriesInstanceUid ?? ''}
          onChange={(event) => setSeriesUid(event.target.value)}
        >
          {series.map((one) => (
            <option key={one.seriesInstanceUid} value={one.seriesInstanceUid}>
              {one.modality} {one.description}
            </option>
          ))}
        </Select>
      </span>
      <span className="flex items-center gap-1 text-muted">
        Method
        <Select
          aria-label="Method"
          isSmall
          value={method?.id ?? ''}
          onChange={(event) => setMethodId(event.target.value)}
        >
          {methods.map(({ id, title, task, isModel }) => (
            <option key={id} value={id}>
              {task}: {title}
              {isModel ? ' (model of this site)' : ''}
            </option>
          ))}
        </Select>
      </span>
      <Button
        look="primary"
        className="h-6"
        disabled={method === undefined || chosen === undefined || ask.isPending}
        onClick={() =>
          ask.mutate({
            seriesInstanceUid: chosen!.seriesInstanceUid,
            task: method!.task,
            method: method!.id,
          })
        }
      >
        <Sparkles size={14} aria-hidden /> Enhance
      </Button>
      {method !== undefined && <span className="min-w-0 truncate text-muted">{method.limits[0]}</span>}
      {ask.error !== null && (
        <span role="alert" className="text-bad">
          {explain(ask.error)}
        </span>
      )}
    </>
  );
}

const explanation =
  'B blinks, S draws a curtain, Shift B shows the difference. Numbers under the cursor are those of the original.';

const views: readonly (readonly [Comparison, string])[] = [
  ['original', 'Original'],
  ['enhanced', 'Enhanced'],
  ['difference', 'Difference'],
];

function Compare({ context, layer }: { readonly context: ReadingContext; readonly layer: ShownLayer }) {
  const { store, model } = context;
  const comparison = useStore(store, (now) => now.comparison);
  const curtain = useStore(store, (now) => now.curtain);
  const { keep, drop } = useEnhancementActions(model.detail.entry.studyInstanceUid);
  const { entry, frame, difference } = layer;
  const until = entry.expiresAt === null ? '' : new Date(entry.expiresAt).toTimeString().slice(0, 5);
  const error = keep.error ?? drop.error;
  const close = () => store.setState({ comparison: 'enhanced', curtain: null });
  return (
    <>
      <fieldset className="flex shrink-0 items-center gap-1">
        <legend className="sr-only">What the pictures show</legend>
        {views.map(([id, label]) => (
          <Button
            key={id}
            look={comparison === id ? 'primary' : 'plain'}
            aria-pressed={comparison === id}
            className="h-6 px-2"
            disabled={id === 'difference' && difference === undefined}
            onClick={() => store.setState({ comparison: id })}
          >
            {label}
          </Button>
        ))}
        <Button
          look={curtain === null ? 'plain' : 'primary'}
          aria-pressed={curtain !== null}
          className="h-6 px-2"
          onClick={() => store.setState(drawCurtain)}
        >
          Curtain
        </Button>
      </fieldset>
      {entry.quality?.verdict === 'flagged' && (
        <span className="min-w-0 truncate text-check" title={entry.quality.reasons.join('; ')}>
          Look at the original as well: {entry.quality.reasons.join('; ')}
        </span>
      )}
      <span className="min-w-0 truncate text-muted" title={explanation}>
        {frame === 'ct' ? 'CT' : 'PET'} by {entry.method}
        {entry.phase === 'research' ? ', research only' : ''}. {explanation}
      </span>
      <span className="ml-auto flex shrink-0 items-center gap-2">
        {error !== null && (
          <span role="alert" className="text-bad">
            {explain(error)}
          </span>
        )}
        <span className="text-muted">temporary{until === '' ? '' : `, until ${until}`}</span>
        <Button
          look="primary"
          className="h-6"
          disabled={keep.isPending || drop.isPending}
          onClick={() => keep.mutate(entry.runId, { onSuccess: close })}
        >
          <Check size={14} aria-hidden /> Keep
        </Button>
        <Button
          className="h-6"
          disabled={keep.isPending || drop.isPending}
          onClick={() => drop.mutate(entry.runId, { onSuccess: close })}
        >
          <X size={14} aria-hidden /> Drop
        </Button>
      </span>
    </>
  );
}
