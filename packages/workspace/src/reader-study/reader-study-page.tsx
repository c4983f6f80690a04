import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import {
  call,
  keys,
  type ReaderRating,
  type ReaderStudyNext,
  readerStudiesQuery,
  readerStudyQuery,
} from '../api/index.ts';
import { PageFrame, PageLink, PersonMenu } from '../app/index.ts';
import { ctWindows } from '../reading/presets.ts';
import { Button, Key } from '../ui/index.ts';
import { HOUNSFIELD, readerKeys } from './reader-keys.ts';
import { type PictureView, ReaderPicture } from './reader-picture.tsx';

type Case = NonNullable<ReaderStudyNext['next']>;
type Side = 'left' | 'right';

const GRADES = [
  [1, 'unusable'],
  [2, 'poor'],
  [3, 'acceptable'],
  [4, 'good'],
  [5, 'excellent'],
] as const;

/** The studies that are open, with how far the reader is. */
export function ReaderStudiesPage() {
  const { data, error } = useQuery(readerStudiesQuery);
  return (
    <Frame title="Reader studies">
      <section aria-label="Reader studies" className="flex max-w-3xl flex-col gap-2 p-4 text-[13px]">
        {error !== null && (
          <p role="alert" className="text-bad">
            {error.message}
          </p>
        )}
        {data?.studies.length === 0 && <p className="text-muted">There is nothing to read.</p>}
        {data?.studies.map(({ name, question, cases, read, isClosed }) => (
          <Link
            key={name}
            to="/reader-studies/$name"
            params={{ name }}
            className="flex items-baseline gap-3 rounded-md border border-line bg-surface px-3 py-2 hover:border-muted"
          >
            <span className="font-medium">{name}</span>
            <span className="min-w-0 flex-1 truncate text-muted">{question}</span>
            <span>{isClosed ? 'closed' : `${read} of ${cases} read`}</span>
          </Link>
        ))}
      </section>
    </Frame>
  );
}

/** One reader's cases, one after the other: two pictures, two grades, a preference. What was sent stays. */
export function ReaderStudyPage() {
  const { name } = useParams({ from: '/signed-in/reader-studies/$name' });
  const client = useQueryClient();
  const { data, error } = useQuery(readerStudyQuery(name));
  const { data: all } = useQuery(readerStudiesQuery);
  const study = all?.studies.find((one) => one.name === name);
  const send = useMutation({
    mutationFn: ({ place, rating }: { readonly place: number; readonly rating: ReaderRating }) =>
      call<ReaderStudyNext>('POST', `reader-studies/${name}/cases/${place}`, rating),
    onSuccess: (next) => client.setQueryData(keys.readerStudy(name), next),
    onSettled: () => client.invalidateQueries({ queryKey: keys.readerStudies }),
  });
  const problem = error ?? send.error;
  return (
    <Frame title={name}>
      {problem !== null && (
        <p role="alert" className="px-4 pt-3 text-[13px] text-bad">
          {problem.message}
        </p>
      )}
      {data !== undefined && data.next === null && (
        <p className="p-4 text-[13px]">
          All cases are read. Thank you.{' '}
          <Link to="/reader-studies" className="underline">
            Reader studies
          </Link>
        </p>
      )}
      {data?.next != null && (
        <Reading
          key={data.next.place}
          name={name}
          question={study?.question ?? ''}
          next={data.next}
          isSending={send.isPending}
          onSend={(rating) => send.mutate({ place: data.next!.place, rating })}
        />
      )}
    </Frame>
  );
}

function Frame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <PageFrame
      title={title}
      pages={
        <>
          <PageLink to="/">Work list</PageLink>
          <PageLink to="/reader-studies">Reader studies</PageLink>
        </>
      }
      right={<PersonMenu />}
    >
      <main className="flex min-h-0 flex-1 flex-col overflow-auto">{children}</main>
    </PageFrame>
  );
}

function windowWords([low, high]: PictureView['window'], unit: string): string {
  const digits = high - low < 10 ? 2 : 0;
  const name = unit === HOUNSFIELD ? ' HU' : '';
  return `Window ${(high - low).toFixed(digits)} at ${((low + high) / 2).toFixed(digits)}${name}`;
}

interface Draft {
  readonly left: number | null;
  readonly right: number | null;
  readonly preference: ReaderRating['preference'] | null;
}

function Reading({
  name,
  question,
  next,
  isSending,
  onSend,
}: {
  readonly name: string;
  readonly question: string;
  readonly next: Case;
  readonly isSending: boolean;
  readonly onSend: (rating: ReaderRating) => void;
}) {
  const [plane, setPlane] = useState(Math.floor(next.planes / 2));
  const [draft, setDraft] = useState<Draft>({ left: null, right: null, preference: null });
  const { left, right, preference } = draft;
  const rating = left === null || right === null || preference === null ? null : { left, right, preference };
  const { range, window: first, unit } = next.display;
  const [view, setView] = useState<PictureView>({ window: first, zoom: 1, shift: [0, 0] });
  const turn = useCallback(
    (step: number) => setPlane((now) => Math.max(0, Math.min(next.planes - 1, now + step))),
    [next.planes],
  );
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement && event.target.type === 'range') return;
      const act = readerKeys(next.display).get(event.key);
      if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      act(turn, setView);
      event.preventDefault();
    };
    window.addEventListener('keydown', down);
    return () => window.removeEventListener('keydown', down);
  }, [turn, next.display]);
  const picture = (side: Side) => `/api/reader-studies/${name}/cases/${next.place}/${side}/${plane}`;
  return (
    <section aria-label="Case" className="flex min-h-0 flex-1 flex-col gap-3 p-4">
      <p className="text-[13px] text-muted">
        Case {next.place} of {next.total}. {question}
      </p>
      <div className="grid min-h-0 flex-1 grid-cols-2 gap-2">
        {(['left', 'right'] as const).map((side) => (
          <ReaderPicture
            key={side}
            src={picture(side)}
            label={`${side} picture, plane ${plane + 1} of ${next.planes}`}
            range={range}
            view={view}
            onView={setView}
            onTurn={turn}
          />
        ))}
      </div>
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-[12px] text-muted">
        <output aria-label="Window" className="tabular-nums">
          {windowWords(view.window, unit)}, zoom {view.zoom.toFixed(1)}
        </output>
        <span>
          drag: window <Key>Shift</Key> drag: move <Key>+</Key> <Key>-</Key> zoom <Key>0</Key> as at first
          {unit === HOUNSFIELD &&
            ctWindows.map(({ label }, index) => (
              <span key={label}>
                {' '}
                <Key>{String(index + 1)}</Key> {label}
              </span>
            ))}
        </span>
      </p>
      <label className="flex items-center gap-3 text-[12px] text-muted">
        Plane {plane + 1} of {next.planes} <Key>↑</Key> <Key>↓</Key>
        <input
          type="range"
          min={0}
          max={next.planes - 1}
          value={plane}
          onChange={(event) => setPlane(Number(event.target.value))}
          className="flex-1"
        />
      </label>
      <div className="grid grid-cols-2 gap-2 text-[13px]">
        {(['left', 'right'] as const).map((side) => (
          <Choice
            key={side}
            legend={`Grade of the ${side} picture`}
            options={GRADES.map(([grade, words]) => [grade, `${grade} ${words}`] as const)}
            value={draft[side]}
            onChange={(grade) => setDraft((now) => ({ ...now, [side]: grade }))}
          />
        ))}
      </div>
      <div className="flex flex-wrap items-end gap-4 text-[13px]">
        <Choice
          legend="Preference"
          options={[
            ['left', 'left'],
            ['none', 'neither'],
            ['right', 'right'],
          ]}
          value={preference}
          onChange={(side) => setDraft((now) => ({ ...now, preference: side }))}
        />
        <Button
          look="primary"
          disabled={rating === null || isSending}
          onClick={() => rating && onSend(rating)}
        >
          Send and lock
        </Button>
        <span className="text-[12px] text-muted">What was sent cannot be changed.</span>
      </div>
    </section>
  );
}

function Choice<Value extends string | number>({
  legend,
  options,
  value,
  onChange,
}: {
  readonly legend: string;
  readonly options: readonly (readonly [Value, string])[];
  readonly value: Value | null;
  readonly onChange: (value: Value) => void;
}) {
  return (
    <fieldset className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <legend className="mb-1 text-[12px] text-muted">{legend}</legend>
      {options.map(([option, words]) => (
        <label key={option} className="flex items-center gap-1.5">
          <input type="radio" name={legend} checked={value === option} onChange={() => onChange(option)} />
          {words}
        </label>
      ))}
    </fieldset>
  );
}
