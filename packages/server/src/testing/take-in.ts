import type { IntakeSink, IntakeSource } from '../intake/sink.ts';

/** Hands instances to a node, as one of its intakes would that got them all. */
export async function takeIn(
  sink: IntakeSink,
  instances: Iterable<{ readonly bytes: Uint8Array }>,
  source: IntakeSource = { kind: 'folder', folder: 'test' },
): Promise<void> {
  const session = sink.open(source);
  for (const { bytes } of instances) {
    const file = await session.begin();
    await file.write([bytes]);
    await file.commit();
  }
  await session.close('complete');
}
