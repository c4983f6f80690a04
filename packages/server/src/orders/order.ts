import type { CodeColumn, OrderState } from '../database/index.ts';
import type { Patient } from '../patients/index.ts';

export type OrderPriority = 'routine' | 'high' | 'urgent';

/** One scheduled procedure step, as an order message or a modality worklist tells it. Unknown texts are empty. */
export interface OrderContent {
  readonly patient: Patient;
  readonly visitNumber: string;
  readonly placerNumber: string;
  readonly placerIssuer: string;
  readonly fillerNumber: string;
  readonly fillerIssuer: string;
  readonly accessionNumber: string;
  readonly accessionIssuer: string;
  readonly requestedProcedureId: string;
  readonly scheduledStepId: string;
  readonly studyInstanceUid: string;
  readonly modality: string;
  readonly stationAeTitle: string;
  readonly bodyPart: string;
  readonly procedureCode: CodeColumn | null;
  readonly description: string;
  /** Reason for examination, as text. */
  readonly reason: string;
  readonly reasonCode: CodeColumn | null;
  readonly clinicalInformation: string;
  readonly priority: OrderPriority | undefined;
  readonly scheduledAt: Date | null;
  readonly referringPhysician: string;
  readonly orderingPhysician: string;
  readonly weightKg: number | null;
  readonly sizeM: number | null;
}

export type OrderControl =
  /** A new order, or news about one that is known; only a new one brings a cancelled order back. */
  | { readonly kind: 'place'; readonly isNew: boolean }
  /** Cancelled, discontinued, or another state that the filler tells. */
  | { readonly kind: 'state'; readonly state: OrderState };

export interface OrderRequest {
  readonly control: OrderControl;
  readonly content: OrderContent;
}

/** What routes and the choice of a model may look at; a study without an order has none. */
export interface OrderFacts {
  readonly accessionNumber: string;
  readonly requestedProcedureId: string;
  readonly procedureCode: CodeColumn | null;
  readonly description: string;
  readonly reason: string;
  readonly reasonCode: CodeColumn | null;
  readonly clinicalInformation: string;
  readonly modality: string;
  readonly bodyPart: string;
  readonly priority: OrderPriority;
  readonly scheduledAt: Date | null;
  readonly referringPhysician: string;
  readonly orderingPhysician: string;
}
