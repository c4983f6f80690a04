import { Link } from '@tanstack/react-router';
import type { WorklistEntry } from '../api/index.ts';
import { ageAt, dicomDate, dicomTime, personName } from '../text/index.ts';
import { Priority, Progress, Registration } from './cells.tsx';
import { StateBadge } from './state-badge.tsx';

export function WorklistRow({
  entry,
  isFocusable,
  onFocus,
  onOpen,
}: {
  readonly entry: WorklistEntry;
  readonly isFocusable: boolean;
  readonly onFocus: () => void;
  readonly onOpen: () => void;
}) {
  const age = ageAt(entry.birthDate, entry.studyDate);
  const person = [entry.patientId, entry.sex, age === undefined ? '' : `${age} y`].filter(
    (part) => part !== '',
  );
  return (
    <tr
      onDoubleClick={onOpen}
      className="group border-b border-line/60 align-middle focus-within:bg-surface hover:bg-surface"
    >
      <td className="px-3 py-2.5">
        <Priority priority={entry.priority} />
      </td>
      <td className="px-3 py-2.5">
        <Link
          to="/studies/$studyUid"
          params={{ studyUid: entry.studyInstanceUid }}
          data-study={entry.studyInstanceUid}
          tabIndex={isFocusable ? 0 : -1}
          onFocus={onFocus}
          className="block truncate rounded-sm font-medium text-text underline-offset-4 hover:underline"
        >
          {personName(entry.patientName)}
        </Link>
        <span className="text-[12px] text-muted">{person.join('  ·  ')}</span>
      </td>
      <td className="px-3 py-2.5">
        <span className="block truncate">
          {entry.description === '' ? 'No description' : entry.description}
        </span>
        <span className="text-[12px] text-muted">
          {dicomDate(entry.studyDate)} {dicomTime(entry.studyTime)}
          {`  ·  ${entry.modalities.join('/')}  ·  ${entry.instanceCount} ${entry.instanceCount === 1 ? 'image' : 'images'}`}
        </span>
      </td>
      <td className="px-3 py-2.5">
        <StateBadge state={entry.state} />
      </td>
      <td className="px-3 py-2.5">
        <Progress entry={entry} />
      </td>
      <td className="px-3 py-2.5">
        <Registration registration={entry.registration} alignmentCheck={entry.alignmentCheck} />
      </td>
      <td className="px-3 py-2.5 text-right">{entry.runId === null ? '—' : entry.findingCount}</td>
    </tr>
  );
}
