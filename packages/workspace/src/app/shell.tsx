import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { useEffect } from 'react';
import { listen, systemQuery } from '../api/index.ts';

const NOTICE = 'Not a cleared medical device: for research and evaluation only.';

/** The page and the line that never goes away. */
export function RootFrame() {
  const { data: system } = useQuery(systemQuery);
  return (
    <div className="flex h-full flex-col">
      <div className="min-h-0 flex-1">
        <Outlet />
      </div>
      <footer className="flex h-6 shrink-0 items-center justify-between gap-4 border-t border-line bg-surface px-3 text-[11px] text-muted">
        <p className="truncate">{system?.notice ?? NOTICE}</p>
        <p className="shrink-0 text-faint">Photopeak {system?.version ?? ''}</p>
      </footer>
    </div>
  );
}

/** Pages of a signed-in person hear the node while they are open. */
export function SignedInFrame() {
  const client = useQueryClient();
  useEffect(() => listen(client), [client]);
  return <Outlet />;
}
