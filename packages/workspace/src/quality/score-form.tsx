import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, keys, type QualityScoreInput } from '../api/index.ts';
import { moment } from '../text/index.ts';
import { Button, Field, Select, TextInput } from '../ui/index.ts';
import type { Entry } from './words.ts';

type Marks = Omit<QualityScoreInput, 'comment'>;

const QUESTIONS: readonly { readonly name: keyof Marks; readonly label: string }[] = [
  { name: 'artefacts', label: 'Artefacts (5: none)' },
  { name: 'sharpness', label: 'Sharpness' },
  { name: 'noiseTexture', label: 'Noise texture' },
  { name: 'confidence', label: 'Diagnostic confidence' },
];
const MARKS = [5, 4, 3, 2, 1];

/** Marks of a physicist or technologist for one series; 1 is worst, 5 is best. */
export function ScoreForm({ entry }: { readonly entry: Entry }) {
  const client = useQueryClient();
  const [marks, setMarks] = useState<Partial<Marks>>({});
  const [comment, setComment] = useState('');
  const save = useMutation({
    mutationFn: () =>
      call('POST', `quality/${entry.id}/scores`, { ...marks, ...(comment === '' ? {} : { comment }) }),
    onSuccess: () => {
      setMarks({});
      setComment('');
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.quality }),
  });
  const isFilled = QUESTIONS.every(({ name }) => marks[name] !== undefined);
  return (
    <form
      aria-label={`Marks for ${entry.modality} ${entry.description}, ${moment(entry.notedAt)}`}
      className="mt-3 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isFilled) save.mutate();
      }}
    >
      {QUESTIONS.map(({ name, label }) => (
        <Field key={name} label={label}>
          {(id) => (
            <Select
              id={id}
              value={marks[name] ?? ''}
              onChange={({ target }) => setMarks({ ...marks, [name]: Number(target.value) })}
            >
              <option value="" disabled>
                –
              </option>
              {MARKS.map((mark) => (
                <option key={mark}>{mark}</option>
              ))}
            </Select>
          )}
        </Field>
      ))}
      <Field label="Comment">
        {(id) => (
          <TextInput
            id={id}
            value={comment}
            maxLength={2048}
            onChange={(event) => setComment(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" disabled={!isFilled || save.isPending}>
        Save marks
      </Button>
      {save.error !== null && (
        <p role="alert" className="text-bad">
          {save.error.message}
        </p>
      )}
    </form>
  );
}
