import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { sessionQuery } from '../api/index.ts';
import { pagesFor } from './administration.ts';
import { LiveMark } from './live-mark.tsx';
import { PageFrame } from './page-frame.tsx';
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
  return (
    <PageFrame
      title={title}
      pages={
        <>
          <PageLink to="/">Work list</PageLink>
          {pagesFor(session?.user.roles ?? []).map(({ to, label }) => (
            <PageLink key={to} to={to}>
              {label}
            </PageLink>
          ))}
        </>
      }
      right={
        <>
          <LiveMark />
          <PersonMenu pages={false} />
        </>
      }
    >
      {children}
    </PageFrame>
  );
}

/** The way to a page, marked where one is on it. */
export function PageLink({ to, children }: { readonly to: LinkProps['to']; readonly children: ReactNode }) {
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
