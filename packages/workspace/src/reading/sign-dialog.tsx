import { type FormEvent, useState } from 'react';
import { Button, Dialog, Field, TextInput } from '../ui/index.ts';
import type { ReadingContext } from './context.ts';
import { isFinding } from './lesions.ts';
import { explain } from './review-actions.ts';

/** The last look before the result goes out under the reader's name. */
export function SignDialog({
  context,
  isOpen,
  onClose,
}: {
  readonly context: ReadingContext;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const findings = context.model.lesions.filter(
    (lesion) => isFinding(lesion) || lesion.verdict !== 'undecided',
  );
  const sign = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get('password'));
    setBusy(true);
    setProblem(undefined);
    try {
      await context.review?.sign(password);
      onClose();
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="Sign the result" isOpen={isOpen} onClose={onClose} className="w-[28rem]">
      <form onSubmit={(event) => void sign(event)} className="space-y-4 text-[13px]">
        <ul className="max-h-56 divide-y divide-line/60 overflow-auto rounded-md border border-line">
          {findings.map((lesion) => (
            <li key={lesion.id} className="flex justify-between gap-4 px-3 py-1.5">
              <span className="truncate">
                <span className="mr-1 text-faint">{lesion.tag}</span> {lesion.name}
              </span>
              <span className="shrink-0 text-muted">{lesion.verdict}</span>
            </li>
          ))}
          {findings.length === 0 && <li className="px-3 py-1.5 text-muted">No findings</li>}
        </ul>
        <p className="text-muted">
          A new structured report with your name and these decisions is made and sent like every result. The
          AI’s own version stays beside it.
        </p>
        <Field label="Your password">
          {(id) => (
            <TextInput id={id} name="password" type="password" autoComplete="current-password" required />
          )}
        </Field>
        <p role="alert" className="text-bad empty:hidden">
          {problem}
        </p>
        <Button type="submit" look="primary" disabled={isBusy} className="w-full">
          {isBusy ? 'Signing…' : 'Sign'}
        </Button>
      </form>
    </Dialog>
  );
}
