import { z } from 'zod';

/** What a STOW-RS response says about one instance. */
export type StoredInstance =
  | { readonly result: 'stored'; readonly warningReason?: number }
  | { readonly result: 'failed'; readonly failureReason: number };

const element = z.object({ Value: z.array(z.unknown()).optional() });
const item = z.record(z.string(), element);
const responseSchema = z.record(z.string(), element);

const REFERENCED_SOP_SEQUENCE = '00081199';
const FAILED_SOP_SEQUENCE = '00081198';
const REFERENCED_SOP_INSTANCE_UID = '00081155';
const WARNING_REASON = '00081196';
const FAILURE_REASON = '00081197';

/** PS3.18 table I.2-1: a failure without a reason counts as a processing failure. */
const PROCESSING_FAILURE = 0x0110;

/**
 * Reads a store instances response in DICOM JSON (PS3.18 annex I.2): SOP instance UID → what became of it. Undefined
 * where the body is not such a response.
 */
export function readStoreResponse(body: string): ReadonlyMap<string, StoredInstance> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  // Some servers wrap the data set in an array, as query responses are.
  const parsed = responseSchema.safeParse(Array.isArray(json) ? json[0] : json);
  if (!parsed.success) return undefined;
  const instances = new Map<string, StoredInstance>();
  for (const entry of items(parsed.data[REFERENCED_SOP_SEQUENCE])) {
    const uid = first(entry[REFERENCED_SOP_INSTANCE_UID]);
    const warning = first(entry[WARNING_REASON]);
    if (typeof uid !== 'string') continue;
    instances.set(uid, {
      result: 'stored',
      ...(typeof warning === 'number' && warning !== 0 ? { warningReason: warning } : {}),
    });
  }
  // A failure outweighs a reference to the same instance.
  for (const entry of items(parsed.data[FAILED_SOP_SEQUENCE])) {
    const uid = first(entry[REFERENCED_SOP_INSTANCE_UID]);
    const reason = first(entry[FAILURE_REASON]);
    if (typeof uid !== 'string') continue;
    const failureReason = typeof reason === 'number' ? reason : PROCESSING_FAILURE;
    instances.set(uid, { result: 'failed', failureReason });
  }
  return instances;
}

function items(sequence: z.infer<typeof element> | undefined): z.infer<typeof item>[] {
  return (sequence?.Value ?? []).flatMap((value) => {
    const parsed = item.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
}

const first = (value: z.infer<typeof element> | undefined) => value?.Value?.[0];
