import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { countsQuery, priorsQuery, type StudyCounts } from '../api/index.ts';
import { Badge } from '../ui/index.ts';

const EVIDENCE: Readonly<Record<string, string>> = {
  mpps: 'the performed procedure step',
  ian: 'the availability notice',
  query: 'the count of its source',
  needs: 'the series that a route waited for',
  association: 'the end of the association',
  quiet: 'a pause as long as its source never makes',
  waited: 'waiting in vain for what was announced',
};
const STATES = { waiting: 'on its way', here: 'here', failed: 'could not be fetched' } as const;

/** What came of the study, by which evidence it is complete, and the studies from before. */
export function StudyRecord({ studyUid }: { readonly studyUid: string }) {
  const { data: counts } = useQuery(countsQuery(studyUid));
  const { data: before } = useQuery(priorsQuery(studyUid));
  return (
    <div className="divide-y divide-line border-t border-line text-[12px]">
      {counts !== undefined && <Counts counts={counts} />}
      {before !== undefined && before.priors.length > 0 && (
        <section className="space-y-1.5 p-3" aria-labelledby="priors-heading">
          <h2 id="priors-heading" className="text-[13px] font-semibold">
            Studies from before
          </h2>
          <ul className="space-y-1.5">
            {before.priors.map((prior) => (
              <li key={prior.studyInstanceUid}>
                <p className="flex items-baseline justify-between gap-2">
                  {prior.state === 'here' ? (
                    <Link
                      to="/studies/$studyUid"
                      params={{ studyUid: prior.studyInstanceUid }}
                      className="underline underline-offset-2"
                    >
                      {dateText(prior.date)} {prior.description}
                    </Link>
                  ) : (
                    <span>
                      {dateText(prior.date)} {prior.description}
                    </span>
                  )}
                  <Badge tone={prior.state === 'failed' ? 'bad' : 'neutral'}>{STATES[prior.state]}</Badge>
                </p>
                <p className="text-[11px] text-faint">
                  Relevant: {prior.reason} (rule {prior.rule}, from {prior.archive})
                </p>
                {prior.error !== null && <p className="text-[11px] text-bad">{prior.error}</p>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Counts({ counts }: { readonly counts: StudyCounts }) {
  const rows = [
    ['Announced', counts.expected === null ? 'by nobody' : String(counts.expected)],
    ['Received', String(counts.received)],
    ['Processed', String(counts.processed)],
    ...counts.deliveries.map(({ destination, owed, delivered }) => [
      `Delivered to ${destination}`,
      `${delivered} of ${owed}`,
    ]),
  ] as const;
  const evidence = counts.closedBy === null ? undefined : EVIDENCE[counts.closedBy];
  return (
    <section className="space-y-1.5 p-3" aria-labelledby="images-heading">
      <h2 id="images-heading" className="text-[13px] font-semibold">
        Images
      </h2>
      {counts.differences.length > 0 && (
        <ul role="alert" className="space-y-0.5 text-bad">
          {counts.differences.map((difference) => (
            <li key={difference}>{difference}</li>
          ))}
        </ul>
      )}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5">
        {rows.map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd className="min-w-0 text-right break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {evidence !== undefined && <p className="text-[11px] text-faint">Complete by {evidence}</p>}
    </section>
  );
}

const dateText = (date: string): string => date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
