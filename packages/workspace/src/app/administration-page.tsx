import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { sessionQuery } from '../api/index.ts';
import { pagesFor } from './administration.ts';
import { LiveMark } from './live-mark.tsx';
import { Mark } from './mark.tsx';
import { PersonMenu } from './person-menu.tsx';

/** Frame of the pages beside reading: the title, the way to the others and the work list, who is signed in. */
export function AdministrationPage({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  const { data: session } = useQuery(sessionQuery);
  useEffect(() => {
    document.title = `${title} · Photopeak`;
  }, [title]);
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-4 border-b border-line bg-surface px-4">
        <h1 className="flex items-center gap-2 font-semibold tracking-tight">
          <Mark /> Photopeak <span className="font-normal text-muted">{title}</span>
        </h1>
        <nav aria-label="Pages" className="flex items-center gap-1 text-[13px]">
          <PageLink to="/">Work list</PageLink>
          {pagesFor(session?.user.roles ?? []).map(({ to, label }) => (
            <PageLink key={to} to={to}>
              {label}
            </PageLink>
          ))}
        </nav>
        <div className="ml-auto flex items-center gap-4">
          <LiveMark />
          <PersonMenu pages={false} />
        </div>
      </header>
      {children}
    </div>
  );
}

function PageLink({ to, children }: { readonly to: LinkProps['to']; readonly children: ReactNode }) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: true }}
      className="rounded-md px-2 py-1 text-muted hover:bg-raised hover:text-text"
      activeProps={{ className: 'bg-raised text-text' }}
    >
      {children}
    </Link>
  );
}
