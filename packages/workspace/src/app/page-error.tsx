import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { ApiError } from '../api/index.ts';

function Message({
  title,
  text,
  code,
}: {
  readonly title: string;
  readonly text: string;
  readonly code?: string;
}) {
  return (
    <main className="flex h-full flex-col items-center justify-center gap-2 p-8 text-center">
      <h1 className="text-lg font-semibold">{title}</h1>
      <p className="max-w-prose text-muted">{text}</p>
      {code !== undefined && <p className="text-[12px] text-faint">{code}</p>}
      <Link to="/" className="mt-2 underline underline-offset-4">
        To the work list
      </Link>
    </main>
  );
}

/** What went wrong and what to do; never a stack. */
export function PageError({ error }: ErrorComponentProps) {
  if (error instanceof ApiError) {
    return (
      <Message title={error.message} text={error.remedy ?? 'Try again in a moment.'} code={error.code} />
    );
  }
  return (
    <Message title="This page stopped working" text="Load it again. Nothing that you decided is lost." />
  );
}

export function PageMissing() {
  return <Message title="There is no such page" text="The address may be old or mistyped." />;
}
