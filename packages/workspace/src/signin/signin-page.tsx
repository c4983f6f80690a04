import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError, call, keys, type Session, type SignIn } from '../api/index.ts';
import { Mark } from '../app/index.ts';
import { Button, Field, TextInput } from '../ui/index.ts';
import { PasswordForm } from './password-form.tsx';
import { returnPath } from './return-path.ts';

function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return 'Signing in did not work. Try again.';
  return error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`;
}

/** Local account by name and password, or at once by a one-time link. */
export function SignInPage() {
  const { token, to } = useSearch({ from: '/signin' });
  const client = useQueryClient();
  const navigate = useNavigate();
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [mustSetPassword, setMustSetPassword] = useState(false);
  const spent = useRef(false);

  const proceed = () => navigate({ to: returnPath(to), replace: true });

  const signIn = async (body: SignIn) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const session = await call<Session>('POST', 'session', body);
      client.setQueryData(keys.session, session);
      // The token is of no more use and should not stay in the address.
      if ('token' in body) await navigate({ to: '/signin', replace: true });
      if (session.mustSetPassword) setMustSetPassword(true);
      else await proceed();
    } catch (error) {
      setProblem(explain(error));
    } finally {
      setBusy(false);
    }
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a one-time link is spent once, when the page opens
  useEffect(() => {
    if (token === undefined || spent.current) return;
    spent.current = true;
    void signIn({ token });
  }, [token]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void signIn({ username: String(form.get('username')), password: String(form.get('password')) });
  };

  return (
    <main className="flex h-full items-center justify-center p-6">
      <div className="w-80">
        <h1 className="mb-6 flex items-center gap-2.5 text-xl font-semibold tracking-tight">
          <Mark size={28} /> Photopeak
        </h1>
        {mustSetPassword ? (
          <PasswordForm onDone={() => void proceed()} />
        ) : (
          <form onSubmit={submit} className="space-y-4 rounded-lg border border-line bg-surface p-5">
            <Field label="User name">
              {(id) => <TextInput id={id} name="username" autoComplete="username" required autoFocus />}
            </Field>
            <Field label="Password">
              {(id) => (
                <TextInput id={id} name="password" type="password" autoComplete="current-password" required />
              )}
            </Field>
            <p role="alert" className="text-[13px] text-bad empty:hidden">
              {problem}
            </p>
            <Button type="submit" look="primary" disabled={isBusy} className="w-full">
              {isBusy ? 'Signing in…' : 'Sign in'}
            </Button>
          </form>
        )}
        <p className="mt-4 text-[12px] leading-relaxed text-faint">
          First time here? The node prints a one-time sign-in link when it starts. It works once, and lets you
          set your password.
        </p>
      </div>
    </main>
  );
}
