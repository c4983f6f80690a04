import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Columns2, LogOut } from 'lucide-react';
import { call, keys, readerStudiesQuery, sessionQuery } from '../api/index.ts';
import { IconButton } from '../ui/index.ts';
import { pagesFor } from './administration.ts';

/** Who is signed in, the other pages that are for this person, unless the page shows them itself, and the way out. */
export function PersonMenu({ pages = true }: { readonly pages?: boolean }) {
  const { data: session } = useQuery(sessionQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const mayRead = session?.user.roles.some((role) => role === 'reader' || role === 'administrator') ?? false;
  const studies = useQuery({ ...readerStudiesQuery, enabled: pages && mayRead });
  const toRead = studies.data?.studies.filter(({ isClosed, read, cases }) => !isClosed && read < cases) ?? [];
  if (session === null || session === undefined) return null;
  const signOut = async () => {
    await call('DELETE', 'session');
    client.clear();
    client.setQueryData(keys.session, null);
    await navigate({ to: '/signin' });
  };
  return (
    <div className="flex items-center gap-1.5 text-[13px]">
      {pages &&
        pagesFor(session.user.roles).map(({ to, label, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            aria-label={label}
            data-tip={label}
            className="tip tip-left inline-flex h-7 min-w-7 items-center justify-center rounded-md text-muted hover:bg-raised hover:text-text"
          >
            <Icon size={15} aria-hidden />
          </Link>
        ))}
      {toRead.length > 0 && (
        <Link
          to="/reader-studies"
          aria-label="Reader studies"
          data-tip={`Reader studies: ${toRead.length} to read`}
          className="tip tip-left inline-flex h-7 min-w-7 items-center justify-center gap-1 rounded-md text-muted hover:bg-raised hover:text-text"
        >
          <Columns2 size={15} aria-hidden />
          <span className="text-[11px] tabular-nums">{toRead.length}</span>
        </Link>
      )}
      <span className="max-w-40 truncate text-muted">{session.user.name}</span>
      <IconButton label="Sign out" onClick={() => void signOut()} className="tip-left">
        <LogOut size={15} aria-hidden />
      </IconButton>
    </div>
  );
}
