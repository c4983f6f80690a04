import { type FormEvent, useState } from 'react';
import { ApiError, call } from '../api/index.ts';
import { Button, Field, TextInput } from '../ui/index.ts';

const MINIMUM_LENGTH = 12;

/** Who came by a one-time link has no password yet, and needs one to sign results. */
export function PasswordForm({ onDone }: { readonly onDone: () => void }) {
  const [problem, setProblem] = useState<string>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const next = String(form.get('next'));
    if (next !== String(form.get('again'))) return setProblem('The two entries are not the same.');
    try {
      await call('PUT', 'session/password', { next });
      onDone();
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : 'The password could not be set. Try again.');
    }
  };
  return (
    <form
      onSubmit={(event) => void submit(event)}
      className="space-y-4 rounded-lg border border-line bg-surface p-5"
    >
      <p className="text-[13px] text-muted">
        Set a password. You need it to sign in again and to sign results: at least {MINIMUM_LENGTH}{' '}
        characters.
      </p>
      <Field label="New password">
        {(id) => (
          <TextInput
            id={id}
            name="next"
            type="password"
            autoComplete="new-password"
            minLength={MINIMUM_LENGTH}
            maxLength={256}
            required
          />
        )}
      </Field>
      <Field label="Again">
        {(id) => <TextInput id={id} name="again" type="password" autoComplete="new-password" required />}
      </Field>
      <p role="alert" className="text-[13px] text-bad empty:hidden">
        {problem}
      </p>
      <div className="flex gap-2">
        <Button type="submit" look="primary" className="flex-1">
          Set password
        </Button>
        <Button look="quiet" onClick={onDone}>
          Later
        </Button>
      </div>
    </form>
  );
}
