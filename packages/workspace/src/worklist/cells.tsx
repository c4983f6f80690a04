import { ChevronsUp, ChevronUp, TriangleAlert } from 'lucide-react';
import type { WorklistEntry } from '../api/index.ts';
import { classes, Meter } from '../ui/index.ts';

export function Priority({ priority }: { readonly priority: WorklistEntry['priority'] }) {
  const isRoutine = priority.level === 'routine';
  const Icon = priority.level === 'urgent' ? ChevronsUp : ChevronUp;
  return (
    <span
      title={priority.reason}
      className={classes(
        'inline-flex items-center gap-1',
        isRoutine ? 'text-faint' : 'font-medium text-text',
      )}
    >
      {!isRoutine && <Icon size={14} aria-hidden />}
      {priority.level[0]!.toUpperCase() + priority.level.slice(1)}
    </span>
  );
}

const registrationWords = { good: 'good', check: 'check', poor: 'poor' } as const;
const registrationTones = { good: 'text-good', check: 'text-check', poor: 'text-bad' } as const;

const checkWords = { waiting: 'to check', accepted: 'accepted', unusable: 'not to be fused' } as const;

export function Registration({
  registration,
  alignmentCheck,
}: Pick<WorklistEntry, 'registration' | 'alignmentCheck'>) {
  if (registration === null) return <span className="text-faint">—</span>;
  return (
    <span className="flex items-baseline gap-2">
      <span className={classes('font-medium', registrationTones[registration.class])}>
        {registration.score}
        <span className="ml-1 text-[11px] font-normal">{registrationWords[registration.class]}</span>
      </span>
      {alignmentCheck !== null && (
        <span
          title={alignmentCheck.note}
          className={classes(
            'shrink-0 text-[12px]',
            alignmentCheck.state === 'accepted' ? 'text-muted' : 'font-medium text-check',
          )}
        >
          {checkWords[alignmentCheck.state]}
        </span>
      )}
      <span className="truncate text-[12px] text-muted" title={registration.reason}>
        {registration.reason}
      </span>
    </span>
  );
}

/** How far a running study is, or why it stands where it stands; and what is missing or was not delivered. */
export function Progress({ entry }: { readonly entry: WorklistEntry }) {
  if (entry.differences.length > 0) {
    const text = [entry.stateReason ?? '', ...entry.differences].filter((part) => part !== '').join('; ');
    return (
      <span title={text} className="flex items-start gap-1 text-[12px] text-check">
        <TriangleAlert size={13} aria-hidden className="mt-0.5 shrink-0" />
        <span className="line-clamp-2">{text}</span>
      </span>
    );
  }
  if (entry.progress === null) {
    return <span className="line-clamp-2 text-[12px] text-muted">{entry.stateReason}</span>;
  }
  const { step, fraction } = entry.progress;
  return (
    <span className="block w-40">
      <span className="mb-1 flex justify-between text-[12px] text-muted">
        <span className="truncate">{step}</span>
        <span>{Math.round(fraction * 100)} %</span>
      </span>
      <Meter label={`Progress of ${step}`} fraction={fraction} />
    </span>
  );
}
