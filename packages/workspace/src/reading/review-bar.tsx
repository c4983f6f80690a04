import { BadgeCheck } from 'lucide-react';
import { ActionButton, type Dispatcher } from '../actions/index.ts';
import { Button } from '../ui/index.ts';
import { isOpenForReview, type ReadingContext, undecidedFindings } from './context.ts';

/** How many findings are decided, and the way to the signature. */
export function ReviewBar({
  dispatcher,
  context,
}: {
  readonly dispatcher: Dispatcher<ReadingContext>;
  readonly context: ReadingContext;
}) {
  const { model } = context;
  const { run } = model;
  if (run === undefined || run.review === 'none') return null;
  if (run.signature !== null) {
    const { signedBy, signedAt } = run.signature;
    return (
      <footer className="border-t border-line p-3 text-[13px] text-good">
        <p className="flex items-center gap-2">
          <BadgeCheck size={16} aria-hidden /> Signed by {signedBy}, {signedAt.slice(0, 16).replace('T', ' ')}{' '}
          UTC
        </p>
      </footer>
    );
  }
  if (!isOpenForReview(context)) return null;
  const findings = run.findings.length;
  const open = undecidedFindings(model).length;
  return (
    <footer className="space-y-2 border-t border-line p-3 text-[12px]">
      <p role="status" className="text-muted">
        {findings - open} of {findings} findings decided
      </p>
      <div className="flex gap-1.5">
        <ActionButton
          dispatcher={dispatcher}
          id="finding.accept-all"
          context={context}
          withLabel
          className="h-8 flex-1 border border-line tip-up"
        />
        <Button
          look="primary"
          disabled={!dispatcher.isEnabled('review.sign')}
          onClick={() => void dispatcher.run('review.sign')}
          className="flex-1"
        >
          Sign…
        </Button>
      </div>
    </footer>
  );
}
