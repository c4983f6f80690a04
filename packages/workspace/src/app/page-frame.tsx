import { type ReactNode, useEffect } from 'react';
import { Mark } from './mark.tsx';

/** A page under the head that all but reading share: the title, the way to other pages, what stands at the right. */
export function PageFrame({
  title,
  pages,
  right,
  children,
}: {
  readonly title: string;
  readonly pages: ReactNode;
  readonly right: ReactNode;
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
        <nav aria-label="Pages" className="flex items-center gap-1 text-[13px]">
          {pages}
        </nav>
        <div className="ml-auto flex items-center gap-4">{right}</div>
      </header>
      {children}
    </div>
  );
}
