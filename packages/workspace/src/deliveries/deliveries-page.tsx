import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { call, type Deliveries, deadLettersQuery, keys } from '../api/index.ts';
import { AdministrationPage } from '../app/index.ts';
import { Button } from '../ui/index.ts';
import { destinationsOf } from './destinations.ts';

type Chosen = { readonly ids: readonly string[] } | { readonly destination: string };

/** Deliveries that the node gave up on, for an administrator: try one or all again, or leave it. */
export function DeliveriesPage() {
  const { data, error } = useQuery(deadLettersQuery);
  return (
    <AdministrationPage title="Deliveries">
      <main className="min-h-0 flex-1 overflow-auto p-4">
        {error !== null && (
          <p role="alert" className="text-bad">
            {error.message}
          </p>
        )}
        {data !== undefined && <Failed deliveries={data} />}
      </main>
    </AdministrationPage>
  );
}

function Failed({ deliveries }: { readonly deliveries: Deliveries }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: ({ what, chosen }: { readonly what: 'retry' | 'give-up'; readonly chosen: Chosen }) =>
      call('POST', `deliveries/${what}`, chosen),
    onSettled: () => client.invalidateQueries({ queryKey: keys.deadLetters }),
  });
  const { counts, entries } = deliveries;
  return (
    <section aria-label="Failed deliveries" className="flex flex-col gap-3">
      <p className="text-[13px] text-muted">
        {counts.failed} failed · {counts.waiting + counts.sending} waiting · {counts.acknowledged} delivered ·{' '}
        {counts['given-up']} given up
        {counts.stored > 0 && <> · {counts.stored} stored, not yet committed to</>}
      </p>
      {change.error !== null && (
        <p role="alert" className="text-[13px] text-bad">
          {change.error.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {destinationsOf(entries).map(({ destination, count }) => (
          <Button
            key={destination}
            disabled={change.isPending}
            onClick={() => change.mutate({ what: 'retry', chosen: { destination } })}
          >
            Try all again: {destination} ({count})
          </Button>
        ))}
      </div>
      {entries.length === 0 ? (
        <p className="text-[13px] text-muted">Nothing failed.</p>
      ) : (
        <table className="w-full border-collapse text-left text-[13px]">
          <thead className="text-[12px] text-muted">
            <tr className="border-b border-line">
              <th className="py-1.5 pr-3 font-medium">Destination</th>
              <th className="py-1.5 pr-3 font-medium">Object</th>
              <th className="py-1.5 pr-3 font-medium">Attempts</th>
              <th className="py-1.5 pr-3 font-medium">What the destination said</th>
              <th className="py-1.5 font-medium">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <tr key={entry.id} className="border-b border-line align-top">
                <td className="py-1.5 pr-3">{entry.destination}</td>
                <td className="max-w-72 truncate py-1.5 pr-3 text-[12px]">
                  <Link
                    to="/studies/$studyUid"
                    params={{ studyUid: entry.studyInstanceUid }}
                    className="hover:underline"
                  >
                    {entry.sopInstanceUid}
                  </Link>
                </td>
                <td className="py-1.5 pr-3">{entry.attempts}</td>
                <td className="py-1.5 pr-3 text-bad">{entry.lastError}</td>
                <td className="py-1 text-right whitespace-nowrap">
                  <Button
                    look="quiet"
                    disabled={change.isPending}
                    onClick={() => change.mutate({ what: 'retry', chosen: { ids: [entry.id] } })}
                  >
                    Try again
                  </Button>
                  <Button
                    look="quiet"
                    disabled={change.isPending}
                    onClick={() => change.mutate({ what: 'give-up', chosen: { ids: [entry.id] } })}
                  >
                    Give up
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
