import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, Search } from 'lucide-react';
import { type KeyboardEvent, useDeferredValue, useEffect, useRef, useState } from 'react';
import { worklistQuery } from '../api/index.ts';
import { LiveMark, Mark, PersonMenu } from '../app/index.ts';
import { Button, classes, Key, TextInput } from '../ui/index.ts';
import { ExpectedStudies } from './expected-studies.tsx';
import { arrange, type Sorting, type SortKey } from './order.ts';
import { WorklistRow } from './worklist-row.tsx';

interface Column {
  readonly sort: SortKey | null;
  readonly label: string;
  readonly width: string;
}

const columns: readonly Column[] = [
  { sort: 'priority', label: 'Priority', width: 'w-[92px]' },
  { sort: 'patient', label: 'Patient', width: 'w-[21%]' },
  { sort: 'study', label: 'Study', width: 'w-[23%]' },
  { sort: 'state', label: 'State', width: 'w-[130px]' },
  { sort: null, label: 'Progress', width: 'w-[200px]' },
  { sort: 'registration', label: 'Registration', width: '' },
  { sort: 'findings', label: 'Findings', width: 'w-[84px]' },
];

/** What there is to read, the most pressing first. Arrow keys move, Enter opens, / filters. */
export function WorklistPage() {
  const { data, error, isPending } = useQuery(worklistQuery);
  const navigate = useNavigate();
  const [filter, setFilter] = useState('');
  const [sorting, setSorting] = useState<Sorting>({ key: 'priority', isReversed: false });
  const [current, setCurrent] = useState<string>();
  const search = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const [isForAlignment, setForAlignment] = useState(false);
  const toCheck = (data?.entries ?? []).filter((entry) => entry.alignmentCheck?.state === 'waiting');
  const entries = arrange(
    isForAlignment ? toCheck : (data?.entries ?? []),
    useDeferredValue(filter),
    sorting,
  );
  const focused = entries.some((entry) => entry.studyInstanceUid === current)
    ? current
    : entries[0]?.studyInstanceUid;

  useEffect(() => {
    document.title = 'Work list · Photopeak';
    const focusSearch = (event: globalThis.KeyboardEvent) => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      search.current?.focus();
    };
    window.addEventListener('keydown', focusSearch);
    return () => window.removeEventListener('keydown', focusSearch);
  }, []);

  const open = (studyUid: string) => void navigate({ to: '/studies/$studyUid', params: { studyUid } });

  const focusRow = (index: number) => {
    const entry = entries[Math.min(Math.max(index, 0), entries.length - 1)];
    if (entry === undefined) return;
    setCurrent(entry.studyInstanceUid);
    body.current?.querySelector<HTMLElement>(`[data-study="${entry.studyInstanceUid}"]`)?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const at = entries.findIndex((entry) => entry.studyInstanceUid === focused);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      j: at + 1,
      ArrowUp: at - 1,
      k: at - 1,
      Home: 0,
      End: entries.length - 1,
    };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      focusRow(next);
    } else if (event.key === 'Enter' && focused !== undefined) {
      open(focused);
    }
  };

  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-4 border-b border-line bg-surface px-4">
        <h1 className="flex items-center gap-2 font-semibold tracking-tight">
          <Mark /> Photopeak <span className="font-normal text-muted">Work list</span>
        </h1>
        <div className="relative ml-4 w-72">
          <Search size={14} aria-hidden className="absolute top-2 left-2.5 text-faint" />
          <TextInput
            ref={search}
            type="search"
            aria-label="Filter the work list"
            placeholder="Filter by name, number, state"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'ArrowDown' || event.key === 'Enter') focusRow(0);
            }}
            className="pl-8"
          />
        </div>
        {(toCheck.length > 0 || isForAlignment) && (
          <Button
            aria-pressed={isForAlignment}
            look={isForAlignment ? 'primary' : 'plain'}
            onClick={() => setForAlignment(!isForAlignment)}
          >
            Alignment to check ({toCheck.length})
          </Button>
        )}
        <p className="hidden items-center gap-1.5 text-[12px] text-faint lg:flex">
          <Key>↑</Key> <Key>↓</Key> move <Key>Enter</Key> open <Key>/</Key> filter
        </p>
        <div className="ml-auto flex items-center gap-4">
          <LiveMark />
          <PersonMenu />
        </div>
      </header>
      <main className="min-h-0 flex-1 overflow-auto">
        {error !== null && (
          <p role="alert" className="m-4 text-bad">
            {error.message}
          </p>
        )}
        <table className="w-full min-w-[1100px] table-fixed border-collapse text-[13px]">
          <caption className="sr-only">Studies, with their state, priority and registration</caption>
          <thead className="sticky top-0 z-10 bg-ground">
            <tr>
              {columns.map((column) => (
                <ColumnHead key={column.label} column={column} sorting={sorting} onSort={setSorting} />
              ))}
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={onKeyDown}>
            {entries.map((entry) => (
              <WorklistRow
                key={entry.studyInstanceUid}
                entry={entry}
                isFocusable={entry.studyInstanceUid === focused}
                onFocus={() => setCurrent(entry.studyInstanceUid)}
                onOpen={() => open(entry.studyInstanceUid)}
              />
            ))}
          </tbody>
        </table>
        {entries.length === 0 && error === null && (
          <p className="p-10 text-center text-muted">
            {isPending
              ? 'Loading…'
              : isForAlignment && filter === ''
                ? 'No alignment waits to be checked.'
                : filter === ''
                  ? 'No studies yet. Send one to the node, or drop a folder into its watched folder.'
                  : 'No study fits the filter.'}
          </p>
        )}
        <ExpectedStudies />
      </main>
    </div>
  );
}

function ColumnHead({
  column: { sort, label, width },
  sorting,
  onSort,
}: {
  readonly column: Column;
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
}) {
  const isSorted = sort === sorting.key;
  const Arrow = sorting.isReversed ? ArrowUp : ArrowDown;
  return (
    <th
      scope="col"
      aria-sort={isSorted ? (sorting.isReversed ? 'descending' : 'ascending') : undefined}
      className={classes(
        'border-b border-line px-3 py-2 text-left text-[12px] font-medium text-muted',
        width,
      )}
    >
      {sort === null ? (
        label
      ) : (
        <button
          type="button"
          className="inline-flex items-center gap-1 hover:text-text"
          onClick={() => onSort({ key: sort, isReversed: isSorted && !sorting.isReversed })}
        >
          {label}
          {isSorted && <Arrow size={12} aria-hidden />}
        </button>
      )}
    </th>
  );
}
