import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { LiveMark } from './live-mark.tsx';
import { Mark } from './mark.tsx';
import { PersonMenu } from './person-menu.tsx';

/** Frame of the pages for administrators: the title, the way back to the work list, who is signed in. */
export function AdministrationPage({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Photopeak`;
  }, [title]);
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-12 shrink-0 items-center gap-4 border-b border-line bg-surface px-4">
        <h1 className="flex items-center gap-2 font-semibold tracking-tight">
          <Mark /> Photopeak <span className="font-normal text-muted">{title}</span>
        </h1>
        <Link to="/" className="text-[13px] text-muted hover:text-text">
          Work list
        </Link>
        <div className="ml-auto flex items-center gap-4">
          <LiveMark />
          <PersonMenu />
        </div>
      </header>
      {children}
    </div>
  );
}
