import type { Pipeline } from '@photopeak/pipelines';
import type { Archive, MetadataStore, RepairsUnderWay } from '../archive/index.ts';
import type { Configuration } from '../config/index.ts';
import type { Connection, Database, EventListener } from '../database/index.ts';
import type { Arrivals } from '../delivery/commitment/index.ts';
import type { Layers } from '../enhancements/index.ts';
import type { IntakeSink } from '../intake/sink.ts';
import type { Logger, Metrics } from '../operations/index.ts';
import type { RouteStore } from '../routing/index.ts';
import type { SourcePace } from '../studies/index.ts';
import type { SeriesVolumeContext } from '../studies/volumes/index.ts';
import type { Subscriptions, WorkItemChanges, WorkItems } from '../work-items/index.ts';
import type { WorkflowEngine } from '../workflow/index.ts';
import type { ReloadReport } from './live-configuration.ts';

/** What the parts of a running node share. Passed to them; there are no globals. */
export interface NodeContext {
  readonly version: string;
  /** What is in force now; see `LIVE_SETTINGS` for what changes while the node runs. Read it when it is needed. */
  readonly configuration: Configuration;
  readonly routes: RouteStore;
  /** Reads the configuration file again; undefined for a node without one. */
  readonly reload: (() => Promise<ReloadReport>) | undefined;
  readonly dataFolder: string;
  readonly connection: Connection;
  readonly db: Database;
  readonly archive: Archive;
  readonly sink: IntakeSink;
  /** Instances that were asked for because their file is damaged or lost. */
  readonly repairs: RepairsUnderWay;
  readonly metadata: MetadataStore;
  readonly pace: SourcePace;
  readonly workItems: WorkItems;
  readonly subscriptions: Subscriptions;
  readonly workItemChanges: WorkItemChanges;
  readonly volumes: SeriesVolumeContext;
  /** Results that somebody asked for while reading and has not kept yet. */
  readonly layers: Layers;
  readonly engine: WorkflowEngine;
  readonly pipelines: readonly Pipeline[];
  readonly events: EventListener;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Reports of storage commitment as they come. */
  readonly commitmentArrivals: Arrivals;
  readonly livingWorkers: () => number;
  /** Address of the DICOM listener once it listens. */
  readonly dicomAddress: () => { readonly aeTitle: string; readonly port: number } | null;
}
