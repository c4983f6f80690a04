import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call, type Routes, routeVersionQuery } from '../api/index.ts';
import { Badge, Button, classes } from '../ui/index.ts';

const ORIGINS = { file: 'from the file', editor: 'edited here', rollback: 'went back' } as const;
const MARKS = { same: ' ', added: '+', removed: '-' } as const;

/** Every version that was in force: who made it, what it changed, and the way back to it. */
export function Versions({
  routes,
  onRestored,
}: {
  readonly routes: Routes;
  onRestored(routes: Routes): void;
}) {
  const [open, setOpen] = useState<number>();
  const restore = useMutation({
    mutationFn: (id: number) => call<Routes>('POST', `routes/versions/${id}/restore`),
    onSuccess: onRestored,
  });
  return (
    <section aria-label="Versions" className="flex flex-col gap-2 p-3">
      {restore.error !== null && (
        <p role="alert" className="text-[12px] text-bad">
          {restore.error.message}
        </p>
      )}
      <ul className="flex flex-col gap-2">
        {routes.versions.map((version) => (
          <li key={version.id} className="rounded-md border border-line bg-surface p-2.5 text-[12px]">
            <div className="flex flex-wrap items-center gap-2">
              <span className="font-semibold">Version {version.id}</span>
              {version.id === routes.version && <Badge tone="good">in force</Badge>}
              <span className="text-muted">
                {ORIGINS[version.origin]} · {version.author} · {new Date(version.madeAt).toLocaleString()}
              </span>
            </div>
            {version.note !== '' && <p className="mt-1">{version.note}</p>}
            <div className="mt-2 flex gap-2">
              <Button
                look="quiet"
                aria-expanded={open === version.id}
                onClick={() => setOpen(open === version.id ? undefined : version.id)}
              >
                What changed
              </Button>
              {version.id !== routes.version && (
                <Button disabled={restore.isPending} onClick={() => restore.mutate(version.id)}>
                  Go back to this
                </Button>
              )}
            </div>
            {open === version.id && <Changes id={version.id} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Changes({ id }: { readonly id: number }) {
  const { data } = useQuery(routeVersionQuery(id));
  const lines = data?.diff.map((line, index) => ({ ...line, number: index + 1 }));
  return (
    <pre className="mt-2 whitespace-pre-wrap rounded bg-ground p-2 font-mono leading-[18px]">
      {lines?.map((line) => (
        <div
          key={line.number}
          className={classes(line.kind === 'added' && 'text-good', line.kind === 'removed' && 'text-bad')}
        >
          {MARKS[line.kind]} {line.text}
        </div>
      ))}
    </pre>
  );
}
