import { useQuery } from '@tanstack/react-query';
import { expectedQuery } from '../api/index.ts';
import { moment, personName } from '../text/index.ts';

/** What is ordered and not here yet: when, who, why, and the protocol that the rules of the site suggest. */
export function ExpectedStudies() {
  const { data } = useQuery(expectedQuery);
  const orders = data?.orders ?? [];
  if (orders.length === 0) return null;
  return (
    <section className="m-4 mt-8">
      <h2 className="mb-2 text-[13px] font-medium text-muted">Expected studies ({orders.length})</h2>
      <table className="w-full min-w-[1100px] table-fixed border-collapse text-[13px]">
        <thead>
          <tr className="text-left text-[12px] text-muted">
            {['Scheduled', 'Patient', 'Examination', 'Reason', 'Suggested protocol'].map((label) => (
              <th key={label} scope="col" className="border-b border-line px-3 py-2 font-medium">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {orders.map((order) => (
            <tr key={order.id} className="border-b border-line/60 align-top">
              <td className="px-3 py-2">
                {order.scheduledAt === null ? '—' : moment(order.scheduledAt)}
                {order.priority !== 'routine' && (
                  <span className="block text-[12px] font-medium">{order.priority}</span>
                )}
              </td>
              <td className="px-3 py-2">
                {personName(order.patientName)}
                <span className="block text-[12px] text-muted">{order.patientId}</span>
              </td>
              <td className="px-3 py-2">
                {order.description}
                <span className="block text-[12px] text-muted">
                  {[order.modality, order.accessionNumber].filter((part) => part !== '').join('  ·  ')}
                </span>
              </td>
              <td className="px-3 py-2">{order.reason}</td>
              <td className="px-3 py-2">
                {order.suggestions.map((suggestion) => (
                  <span key={suggestion.rule} className="block">
                    {suggestion.text}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
