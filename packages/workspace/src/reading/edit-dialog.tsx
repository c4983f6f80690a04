import type { FormEvent } from 'react';
import type { Dispatcher } from '../actions/index.ts';
import { Button, Dialog, Field, Select, TextInput } from '../ui/index.ts';
import { type ReadingContext, selectedLesion } from './context.ts';
import { isFinding } from './lesions.ts';

/** Another name, another site, or no finding at all; uptake that was set aside becomes a finding by being saved. */
export function EditDialog({
  dispatcher,
  context,
  isOpen,
  onClose,
}: {
  readonly dispatcher: Dispatcher<ReadingContext>;
  readonly context: ReadingContext;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const lesion = selectedLesion(context);
  if (lesion === undefined) return null;
  const { sites } = context.model;
  const known = sites.includes(lesion.site);
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get('name')).trim();
    const site = String(form.get('site'));
    onClose();
    void dispatcher.run('finding.modify', {
      ...(name === '' ? {} : { name }),
      ...(site === '' ? {} : { site }),
    });
  };
  const remove = () => {
    onClose();
    void dispatcher.run('finding.reject');
  };
  return (
    <Dialog
      title={`${isFinding(lesion) ? 'Edit' : 'Add'} ${lesion.tag}`}
      isOpen={isOpen}
      onClose={onClose}
      className="w-96"
    >
      <form onSubmit={save} className="space-y-4">
        <Field label="Name">
          {(id) => <TextInput id={id} name="name" defaultValue={lesion.name} maxLength={64} required />}
        </Field>
        <Field label="Site">
          {(id) => (
            <Select id={id} name="site" defaultValue={known ? lesion.site : ''} className="w-full">
              {!known && (
                <option value="">{lesion.site === '' ? 'Not set' : `As found: ${lesion.site}`}</option>
              )}
              {sites.map((site) => (
                <option key={site}>{site}</option>
              ))}
            </Select>
          )}
        </Field>
        <div className="flex gap-2">
          <Button type="submit" look="primary" className="flex-1">
            Save
          </Button>
          {isFinding(lesion) && <Button onClick={remove}>Delete finding</Button>}
        </div>
      </form>
    </Dialog>
  );
}
