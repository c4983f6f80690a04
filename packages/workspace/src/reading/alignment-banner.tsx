import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, TriangleAlert } from 'lucide-react';
import { type AlignmentCheck, call, keys, type WorklistEntry } from '../api/index.ts';
import { Button } from '../ui/index.ts';
import { explain } from './review-actions.ts';

const verdicts = {
  accepted: 'the alignment is good enough to read',
  unusable: 'PET and CT must not be read on each other',
} as const;

/** Asks a technologist, before the reader, whether PET and CT lie on each other; afterwards says what they said. */
export function AlignmentBanner({
  entry,
  isOpen,
  onAlign,
}: {
  readonly entry: WorklistEntry;
  /** The result is not signed yet. */
  readonly isOpen: boolean;
  /** Absent where there is nothing to move. */
  readonly onAlign: (() => void) | undefined;
}) {
  const client = useQueryClient();
  const give = useMutation({
    mutationFn: (verdict: keyof typeof verdicts) =>
      call<AlignmentCheck>('POST', `runs/${entry.runId}/alignment`, { verdict }),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.study(entry.studyInstanceUid) }),
        client.invalidateQueries({ queryKey: keys.worklist }),
      ]),
  });
  const check = entry.alignmentCheck;
  if (check === null) return null;
  const isWaiting = check.state === 'waiting';
  const Icon = check.state === 'accepted' ? CircleCheck : TriangleAlert;
  return (
    <section
      aria-label="Alignment"
      className="flex items-center gap-2 border-b border-line bg-surface px-3 py-1 text-[12px]"
    >
      <Icon
        size={14}
        aria-hidden
        className={`shrink-0 ${check.state === 'accepted' ? 'text-good' : 'text-check'}`}
      />
      <p className="min-w-0 flex-1">
        {check.note}.{' '}
        {!isWaiting && (
          <span className={check.state === 'accepted' ? 'text-muted' : 'font-semibold'}>
            {check.decidedBy}: {verdicts[check.state as keyof typeof verdicts]}
            {check.comment === null ? '' : ` (${check.comment})`}.
          </span>
        )}
        {give.error !== null && (
          <span role="alert" className="text-bad">
            {' '}
            {explain(give.error)}
          </span>
        )}
      </p>
      {isOpen && check.state !== 'accepted' && (
        <Button className="h-6" disabled={give.isPending} onClick={() => give.mutate('accepted')}>
          Good enough to read
        </Button>
      )}
      {isOpen && onAlign !== undefined && (
        <Button className="h-6" onClick={onAlign}>
          Align by hand
        </Button>
      )}
      {isOpen && check.state !== 'unusable' && (
        <Button className="h-6" disabled={give.isPending} onClick={() => give.mutate('unusable')}>
          Not to be fused
        </Button>
      )}
    </section>
  );
}
