import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { type Alerts, alertsQuery, call, checksQuery, keys } from '../api/index.ts';
import { AdministrationPage } from '../app/index.ts';
import { moment } from '../text/index.ts';
import { Badge, Button } from '../ui/index.ts';

type Alert = Alerts['alerts'][number];

/** Whether the node is well, and what somebody should look at. */
export function SystemPage() {
  const { data: system, error } = useQuery(checksQuery);
  const { data: list, error: listError } = useQuery(alertsQuery);
  const problem = error ?? listError;
  return (
    <AdministrationPage title="System">
      <main className="flex min-h-0 flex-1 flex-col gap-6 overflow-auto p-4">
        {problem !== null && (
          <p role="alert" className="text-bad">
            {problem.message}
          </p>
        )}
        {system !== undefined && (
          <section aria-label="Checks">
            <h2 className="mb-2 text-[13px] font-medium text-muted">Checks</h2>
            <ul className="grid max-w-3xl gap-x-6 text-[13px] sm:grid-cols-2">
              {system.checks.map(({ name, ok, detail }) => (
                <li key={name} className="flex items-center gap-2 border-b border-line/60 py-1.5">
                  {ok ? (
                    <CircleCheck size={14} className="shrink-0 text-good" aria-label="well" role="img" />
                  ) : (
                    <CircleAlert size={14} className="shrink-0 text-bad" aria-label="not well" role="img" />
                  )}
                  <span className="w-24 shrink-0 font-medium">{name}</span>
                  <span className={ok ? 'text-muted' : 'text-bad'}>{detail}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
        {list !== undefined && <AlertList alerts={list.alerts} />}
      </main>
    </AdministrationPage>
  );
}

function AlertList({ alerts }: { readonly alerts: readonly Alert[] }) {
  const client = useQueryClient();
  const acknowledge = useMutation({
    mutationFn: (id: number) => call('POST', `alerts/${id}/acknowledge`),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.alerts });
      void client.invalidateQueries({ queryKey: keys.system });
    },
  });
  return (
    <section aria-label="Alerts">
      <h2 className="mb-2 text-[13px] font-medium text-muted">Alerts</h2>
      {acknowledge.error !== null && (
        <p role="alert" className="text-[13px] text-bad">
          {acknowledge.error.message}
        </p>
      )}
      {alerts.length === 0 ? (
        <p className="text-[13px] text-muted">Nothing was wrong so far.</p>
      ) : (
        <table className="w-full border-collapse text-left text-[13px]">
          <thead className="text-[12px] text-muted">
            <tr className="border-b border-line">
              {['State', 'What is wrong', 'Since', 'Told'].map((label) => (
                <th key={label} scope="col" className="py-1.5 pr-3 font-medium">
                  {label}
                </th>
              ))}
              <th scope="col" className="py-1.5 font-medium">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {alerts.map((alert) => (
              <tr key={alert.id} className="border-b border-line/60 align-top">
                <td className="py-1.5 pr-3">
                  <AlertState alert={alert} />
                </td>
                <td className="py-1.5 pr-3">
                  {alert.studyInstanceUid === null ? (
                    alert.text
                  ) : (
                    <Link
                      to="/studies/$studyUid"
                      params={{ studyUid: alert.studyInstanceUid }}
                      className="underline-offset-4 hover:underline"
                    >
                      {alert.text}
                    </Link>
                  )}
                </td>
                <td className="py-1.5 pr-3 whitespace-nowrap text-muted">{moment(alert.raisedAt)}</td>
                <td className="py-1.5 pr-3 text-[12px] text-muted">{toldOf(alert)}</td>
                <td className="py-1 text-right">
                  {alert.resolvedAt === null && alert.acknowledgedAt === null && (
                    <Button
                      look="quiet"
                      disabled={acknowledge.isPending}
                      onClick={() => acknowledge.mutate(alert.id)}
                    >
                      Acknowledge
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function AlertState({ alert }: { readonly alert: Alert }) {
  if (alert.resolvedAt !== null) return <Badge>Ended {moment(alert.resolvedAt)}</Badge>;
  if (alert.acknowledgedAt !== null) return <Badge tone="check">Acknowledged</Badge>;
  return <Badge tone="bad">Open</Badge>;
}

function toldOf({ notices }: Alert): string {
  if (notices.length === 0) return 'nobody';
  return notices
    .map(({ webhook, event, state, lastError }) => {
      const of = event === 'resolved' ? `${webhook}, of its end` : webhook;
      if (state === 'acknowledged') return of;
      return `${of}: ${state === 'failed' ? 'given up' : 'waiting'}${lastError === null ? '' : ` (${lastError})`}`;
    })
    .join('; ');
}
