import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call, keys, type Routes, type RoutesCheck, routesQuery } from '../api/index.ts';
import { AdministrationPage } from '../app/index.ts';
import { Badge, Button, TextInput } from '../ui/index.ts';
import { TextEditor } from './text-editor.tsx';
import { Trial } from './trial.tsx';
import { Versions } from './versions.tsx';

/** The node is asked when nothing was typed for this long. */
const PAUSE_MS = 300;

/** Routes for an administrator: edit with the node's own check, try on a study, save as a version, go back. */
export function RoutesPage() {
  const { data, error } = useQuery(routesQuery);
  return (
    <AdministrationPage title="Routes">
      <main className="min-h-0 flex-1">
        {error !== null && (
          <p role="alert" className="p-4 text-bad">
            {error.message}
          </p>
        )}
        {data !== undefined && <Workplace routes={data} />}
      </main>
    </AdministrationPage>
  );
}

function Workplace({ routes }: { readonly routes: Routes }) {
  const client = useQueryClient();
  const [text, setText] = useState(routes.text);
  const [basedOn, setBasedOn] = useState(routes.version);
  const [note, setNote] = useState('');
  const [side, setSide] = useState<'trial' | 'versions'>('trial');
  const { problems, isChecked } = useCheck(text);
  const take = (next: Routes) => {
    client.setQueryData(keys.routes, next);
    setText(next.text);
    setBasedOn(next.version);
    setNote('');
  };
  const save = useMutation({
    mutationFn: () => call<Routes>('POST', 'routes', { text, basedOn, note }),
    onSuccess: take,
  });
  const isChanged = text !== routes.text;
  return (
    <div className="grid h-full grid-cols-[minmax(0,3fr)_minmax(320px,2fr)]">
      <section aria-label="Editor" className="flex min-h-0 flex-col border-r border-line">
        <div className="flex h-12 shrink-0 items-center gap-3 border-b border-line px-3">
          <Badge tone={problems.length > 0 ? 'bad' : 'good'}>
            {problems.length > 0 ? `${problems.length} to correct` : isChecked ? 'can work' : 'checking'}
          </Badge>
          <TextInput
            aria-label="What changes, in a line"
            placeholder="What changes, in a line"
            value={note}
            maxLength={500}
            onChange={(event) => setNote(event.target.value)}
          />
          <Button disabled={!isChanged} look="quiet" onClick={() => take(routes)}>
            Discard
          </Button>
          <Button
            look="primary"
            disabled={!isChanged || !isChecked || problems.length > 0 || save.isPending}
            onClick={() => save.mutate()}
          >
            Put in force
          </Button>
        </div>
        {save.error !== null && (
          <p role="alert" className="border-b border-line px-3 py-2 text-[12px] text-bad">
            {save.error.message}
          </p>
        )}
        <TextEditor text={text} problems={problems} onChange={setText} />
      </section>
      <aside className="flex min-h-0 flex-col">
        <div className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3">
          <Button look="quiet" aria-pressed={side === 'trial'} onClick={() => setSide('trial')}>
            Try on a study
          </Button>
          <Button look="quiet" aria-pressed={side === 'versions'} onClick={() => setSide('versions')}>
            Versions
          </Button>
        </div>
        <div className="min-h-0 flex-1 overflow-auto">
          {side === 'trial' ? (
            <Trial text={text} disabled={problems.length > 0} />
          ) : (
            <Versions routes={routes} onRestored={take} />
          )}
        </div>
      </aside>
    </div>
  );
}

/** What the node says of a text, a moment after it was typed. */
function useCheck(text: string) {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, isSuccess } = useQuery({
    queryKey: ['routes-check', settled],
    queryFn: () => call<RoutesCheck>('POST', 'routes/check', { text: settled }),
    placeholderData: (before) => before,
    staleTime: 0,
  });
  return { problems: data?.problems ?? [], isChecked: isSuccess && settled === text };
}
