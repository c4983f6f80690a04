import { useRef } from 'react';
import type { RouteProblem } from '../api/index.ts';
import { classes } from '../ui/index.ts';

const LINE_PX = 20;

/** Text with numbered lines; those with a problem are marked, and a problem in the list leads to its place. */
export function TextEditor({
  text,
  problems,
  onChange,
}: {
  readonly text: string;
  readonly problems: readonly RouteProblem[];
  onChange(text: string): void;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLOListElement>(null);
  const lines = text.split('\n');
  const numbers = lines.map((_, index) => index + 1);
  const marked = new Set(problems.map(({ line }) => line));

  const goTo = ({ line, column }: RouteProblem) => {
    const at = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
    area.current?.focus();
    area.current?.setSelectionRange(at, at);
    area.current?.scrollTo({ top: Math.max(0, (line - 5) * LINE_PX) });
  };

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex min-h-0 flex-1 bg-ground font-mono text-[12px] leading-[20px]">
        <ol
          ref={gutter}
          aria-hidden
          className="w-11 shrink-0 overflow-hidden border-r border-line py-2 text-right text-faint select-none"
        >
          {numbers.map((line) => (
            <li
              key={line}
              className={classes('pr-2', marked.has(line) && 'bg-bad/20 font-semibold text-bad')}
            >
              {line}
            </li>
          ))}
        </ol>
        <textarea
          ref={area}
          aria-label="Routes, as YAML"
          aria-invalid={problems.length > 0}
          spellCheck={false}
          wrap="off"
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => gutter.current?.scrollTo({ top: event.currentTarget.scrollTop })}
          className="min-w-0 flex-1 resize-none bg-ground px-3 py-2 text-text outline-none focus-visible:inset-ring focus-visible:inset-ring-muted"
        />
      </div>
      <ul aria-label="Problems" className="max-h-40 shrink-0 overflow-auto border-t border-line bg-surface">
        {problems.map((problem) => (
          <li key={`${problem.line}:${problem.column} ${problem.message}`}>
            <button
              type="button"
              onClick={() => goTo(problem)}
              className="flex w-full gap-3 px-3 py-1.5 text-left text-[12px] hover:bg-raised"
            >
              <span className="shrink-0 font-mono text-bad">
                {problem.line}:{problem.column}
              </span>
              <span>{problem.message}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
